"""What a spec for a table says: its source, the groups of its columns, its target and task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnspec.errors import DataError, visible
from nnspec.scaffold.column_roles import ColumnRole
from nnspec.scaffold.target_choice import Target
from nnspec.scaffold.task import Task

HASH_COLUMNS = 32
_DATE_PARTS = 4


class InputGroup(NamedTuple):
    """Columns that are prepared alike, their steps, and why these."""

    columns: tuple[str, ...]
    steps: tuple[Any, ...]
    reason: str
    width: int  # numbers of a prepared row


class TableDraft(NamedTuple):
    """What a spec for a table says."""

    file: str
    name: str  # of the spec
    source: dict[str, Any]  # as the spec has it
    has_test: bool
    rows: int
    inputs: tuple[InputGroup, ...]
    left_out: tuple[ColumnRole, ...]
    target: Target
    task: Task

    @classmethod
    def of(
        cls, file: str, name: str, source: dict[str, Any], has_test: bool,
        columns: Sequence[ColumnRole], target: Target,
    ) -> TableDraft:  # fmt: skip
        """The draft for the columns of a table; a DataError where nothing is left to learn from."""
        task = Task.of(target.column.summary)
        others = [one for one in columns if one.name != target.column.name]
        inputs = tuple(input_groups(others))
        if not inputs:
            reasons = "; ".join(f"{visible(one.name)} {one.reason}" for one in others[:3])
            message = f"{visible(file)} has no column to learn {visible(target.column.name)} from"
            raise DataError(message, reasons or "it has one column alone")
        left_out = tuple(one for one in others if one.role in ("dropped", "text"))
        rows = target.column.summary.rows
        return cls(file, name, source, has_test, rows, inputs, left_out, target, task)

    @property
    def width(self) -> int:
        """Numbers of a prepared row of inputs."""
        return sum(group.width for group in self.inputs)


def input_groups(columns: Sequence[ColumnRole]) -> list[InputGroup]:
    """Columns of one role as one group, numbers with missing values apart."""
    full = [one for one in columns if one.role == "numbers" and not one.summary.missing]
    holed = [one for one in columns if one.role == "numbers" and one.summary.missing]
    by_role = {
        role: [one for one in columns if one.role == role]
        for role in ("categories", "hashed", "dates")
    }
    groups = [
        _numbers(full),
        _numbers_with_missing(holed),
        _categories(by_role["categories"]),
        _hashed(by_role["hashed"]),
        _dates(by_role["dates"]),
    ]
    return [group for group in groups if group.columns]


def _names(columns: Sequence[ColumnRole]) -> tuple[str, ...]:
    return tuple(one.name for one in columns)


def _numbers(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = "numbers: mean 0 and deviation 1, so that none drowns another"
    return InputGroup(_names(columns), ("standardize",), reason, len(columns))


def _numbers_with_missing(columns: Sequence[ColumnRole]) -> InputGroup:
    most = max((one.summary.missing for one in columns), default=0)
    reason = f"numbers, of which up to {most:,} are missing: the median stands for those"
    return InputGroup(_names(columns), ({"impute": "median"}, "standardize"), reason, len(columns))


def _categories(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = "categories: a column each; a value that is missing or new has 0 in all"
    width = sum(one.summary.distinct for one in columns)
    return InputGroup(_names(columns), ({"one_hot": {"unknown": "zeros"}},), reason, width)


def _hashed(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = f"many categories: {HASH_COLUMNS} columns that they share"
    steps = ({"hash": HASH_COLUMNS}, {"one_hot": HASH_COLUMNS})
    return InputGroup(_names(columns), steps, reason, HASH_COLUMNS * len(columns))


def _dates(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = "dates as numbers: year, month, ..."
    width = _DATE_PARTS * len(columns)
    return InputGroup(_names(columns), ("date_parts", "standardize"), reason, width)
