"""Fitted preprocessing of the columns of a table for the inputs or the targets of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.backends.arrays import Arrays
from nnspec.data.column_patterns import is_pattern
from nnspec.data.preprocessing.column_groups import (
    FittedColumns,
    FittedGroup,
    LocatedGroup,
    expanded,
)
from nnspec.data.preprocessing.pipeline import located_steps
from nnspec.data.registry import Categories
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.spec.data_steps import Columns, StepList, as_names, column_names, step_lists
from nnspec.spec.document import Spec


def fit_table(spec: Spec, side: Side, table: Arrays, origin: RowOrigin) -> dict[str, FittedColumns]:
    """Fit the groups of each input or target to the training rows of a table's columns."""
    return {
        name: FittedColumns(
            tuple(FittedGroup.fit(one, table, origin) for one in groups), side == "inputs"
        )
        for name, groups in column_groups(spec, side, list(table)).items()
    }


def check_table(spec: Spec, rows: Rows) -> None:
    """Raise DataError at a cell of text in a column of numbers, before rows are dealt into parts.

    A column is text where any cell of its file is, which may not be among the training rows.
    """
    for side, table in rows.sides.items():
        assert isinstance(table, Mapping)  # noqa: S101  # of a table: each column by its name
        for lists in column_groups(spec, side, list(table)).values():
            for group in lists:
                with group.located(rows.origin):
                    group.stack(table)


def column_groups(spec: Spec, side: Side, table: Sequence[str]) -> dict[str, list[LocatedGroup]]:
    """The groups of columns of each input or target, patterns expanded by a table's columns."""
    written = getattr(spec.data, side)
    named = [name for name in column_names(written) if not is_pattern(name)]
    return {
        name: [_located_group(spec, one, table, named) for one in lists]
        for name, lists in step_lists(written, ("data", side)).items()
    }


def table_from_plain(values: dict[str, Any], spec: Spec, side: Side) -> dict[str, FittedColumns]:
    """Parse what `plain` of the columns of each name returns; a ValueError for other steps."""
    written = step_lists(getattr(spec.data, side), ("data", side))
    if values.keys() != written.keys():
        raise ValueError("other names")
    return {
        name: FittedColumns(
            tuple(
                FittedGroup.from_plain(plain, located_steps(spec, one))
                for plain, one in zip(values[name], lists, strict=True)
            ),
            side == "inputs",
        )
        for name, lists in written.items()
    }


def _located_group(
    spec: Spec, one: StepList, table: Sequence[str], named: Sequence[str]
) -> LocatedGroup:
    """The columns of a group and its steps, with their places."""
    columns = expanded(one.columns or (), table, named)
    place = spec.locate(*one.path[:-1], "columns")
    return LocatedGroup(columns, located_steps(spec, one), place, _categories(spec, columns))


def _categories(spec: Spec, columns: Columns) -> Categories | None:
    """The categories of each column that the contract lists; None where it lists not all."""
    contracts = (spec.data and spec.data.columns) or {}
    found = [name in contracts and contracts[name].categories for name in as_names(columns)]
    return tuple(one for one in found if one) if all(found) else None
