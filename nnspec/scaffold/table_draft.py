"""What a spec for a table says: its source, its inputs, its target and its task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnspec.errors import DataError, visible
from nnspec.scaffold.column_roles import ColumnRole
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.input_groups import InputGroup, input_groups, text_group
from nnspec.scaffold.target_choice import Target
from nnspec.scaffold.task import Task

_ONLY_ONE = "free text: an embedding of it takes an input of its own"


class TableDraft(NamedTuple):
    """What a spec for a table says."""

    file: str
    name: str  # of the spec
    source: dict[str, Any]  # as the spec has it
    reasons: tuple[str, ...]  # of the source's options
    has_test: bool
    rows: int
    columns: tuple[ColumnSummary, ...]  # of the inputs
    inputs: tuple[InputGroup, ...]
    left_out: tuple[ColumnRole, ...]
    target: Target
    task: Task

    @classmethod
    def of(
        cls, file: str, name: str, source: dict[str, Any], reasons: tuple[str, ...], has_test: bool,
        columns: Sequence[ColumnRole], target: Target,
    ) -> TableDraft:  # fmt: skip
        """The draft for the columns of a table; a DataError where nothing is left to learn from."""
        task = Task.of(target.column.summary)
        others = [one for one in columns if one.name != target.column.name]
        inputs = tuple(input_groups(others) or text_group(others))
        if not inputs:
            raise _nothing_left(file, target.column.name, others)
        used = {name for group in inputs for name in group.columns}
        read = tuple(one.summary for one in others if one.name in used)
        left_out = tuple(one for one in others if one.name not in used)
        rows = target.column.summary.rows
        return cls(
            file, name, source, reasons, has_test, rows, read, inputs, left_out, target, task
        )

    @property
    def width(self) -> int:
        """Numbers of a prepared row of inputs."""
        return sum(group.width for group in self.inputs)

    @property
    def is_text(self) -> bool:
        """Whether the only input is free text."""
        return self.inputs[0].role == "text"


def _nothing_left(file: str, target: str, others: Sequence[ColumnRole]) -> DataError:
    reasons = "; ".join(f"{visible(one.name)}: {one.reason}" for one in others[:3])
    message = f"{visible(file)} has no column to learn {visible(target)} from"
    return DataError(message, f"{reasons}{'; ...' if len(others) > 3 else ''}")
