"""Fitted preprocessing of the columns of a table for the inputs or the targets of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Arrays, Values
from nnspec.data.column_patterns import is_pattern
from nnspec.data.preprocessing.columns import ColumnSteps, FittedColumns, expanded
from nnspec.data.preprocessing.number_types import FloatTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.registry import Categories
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.errors import DataError, visible
from nnspec.spec.data_steps import Columns, StepList, as_names, column_names, step_lists
from nnspec.spec.document import Spec

FittedTable = FittedColumns | Mapping[str, FittedColumns]  # of the only input or target, or by name


def fit_table(spec: Spec, side: Side, table: Arrays, origin: RowOrigin) -> FittedTable:
    """Fit the groups of each input or target to the training rows of a table's columns."""
    groups = column_groups(spec, side, list(table))
    found = {name: FittedColumns.fit(lists, table, origin) for name, lists in groups.items()}
    return found.get("", found)


def check_table(spec: Spec, rows: Rows) -> None:
    """Raise DataError at a cell of text in a column of numbers, before rows are dealt into parts.

    A column is text where any cell of its file is, which may not be among the training rows.
    """
    for side, table in rows.sides.items():
        assert isinstance(table, Mapping)  # noqa: S101  # of a table: each column by its name
        for lists in column_groups(spec, side, list(table)).values():
            for columns in lists:
                columns.check_text(table, rows.origin)


def column_groups(spec: Spec, side: Side, table: Sequence[str]) -> dict[str, list[ColumnSteps]]:
    """The groups of columns of each input or target, patterns expanded by a table's columns."""
    written = getattr(spec.data, side)
    named = [name for name in column_names(written) if not is_pattern(name)]
    return {
        name: [_column_steps(spec, one, table, named) for one in lists]
        for name, lists in step_lists(written, ("data", side)).items()
    }


def table_from_plain(values: Any, spec: Spec, side: Side) -> FittedTable:
    """Parse what `plain_table` returns; raise ValueError if it was fitted for other steps."""
    written = step_lists(getattr(spec.data, side), ("data", side))
    plain = values if isinstance(values, dict) else {"": values}
    if plain.keys() != written.keys():
        raise ValueError("other names")
    found = {
        name: FittedColumns.from_plain(plain[name], [_located(spec, one) for one in lists])
        for name, lists in written.items()
    }
    return found.get("", found)


def plain_table(fitted: FittedTable) -> Any:
    """Values for `preprocessing.json`: a list of groups, or one for each name."""
    if isinstance(fitted, FittedColumns):
        return fitted.plain()
    return {name: one.plain() for name, one in fitted.items()}


def prepared_table(
    fitted: FittedTable, side: Side, rows: Values, floats: FloatTypes, origin: RowOrigin
) -> Values:
    """Preprocess the columns of a table; an input's single values become vectors of one number."""
    table = _columns(fitted, rows, side)
    shaped = _as_vectors if side == "inputs" else np.asarray
    if isinstance(fitted, FittedColumns):
        return shaped(fitted.apply(table, floats.of(side), origin))
    return {
        name: shaped(one.apply(table, floats.of(side, name), origin))
        for name, one in fitted.items()
    }


def table_columns(fitted: FittedTable) -> list[str]:
    """The columns of a table that a preprocessing needs, each once."""
    parts = [fitted] if isinstance(fitted, FittedColumns) else fitted.values()
    return list(dict.fromkeys(name for one in parts for name in one.names))


def table_pipelines(fitted: FittedTable) -> Iterator[tuple[str, FittedPipeline]]:
    """Each pipeline with the names of its columns."""
    for one in [fitted] if isinstance(fitted, FittedColumns) else fitted.values():
        for group in one.groups:
            yield ", ".join(as_names(group.columns.columns)), group.pipeline


def _as_vectors(array: Array) -> Array:
    return array[:, None] if array.ndim == 1 else array


def _columns(fitted: FittedTable, rows: Values, side: Side) -> Arrays:
    """The columns of a table that are needed; a DataError where one lacks."""
    needed = table_columns(fitted)
    given = rows if isinstance(rows, Mapping) else {}
    lacking = [name for name in needed if name not in given]
    if lacking:
        message = f"the {side} have no column {visible(lacking[0])}"
        raise DataError(message, f"they are columns of a table: {visible(', '.join(needed))}")
    return given


def _column_steps(
    spec: Spec, one: StepList, table: Sequence[str], named: Sequence[str]
) -> ColumnSteps:
    """The columns of a group and its steps, with their places."""
    columns = expanded(one.columns or (), table, named)
    place = spec.locate(*one.path[:-1], "columns")
    return ColumnSteps(columns, _located(spec, one), place, _categories(spec, columns))


def _categories(spec: Spec, columns: Columns) -> Categories | None:
    """The categories of each column that the contract lists; None where it lists not all."""
    contracts = (spec.data and spec.data.columns) or {}
    found = [name in contracts and contracts[name].categories for name in as_names(columns)]
    return tuple(one for one in found if one) if all(found) else None


def _located(spec: Spec, one: StepList) -> tuple[LocatedStep, ...]:
    return tuple(LocatedStep(step, spec.locate(*path)) for path, step in one.located)
