"""Fitted preprocessing of a table's columns: a pipeline for each group, joined to one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.data.column_patterns import expand, is_pattern
from nnspec.data.column_types import row_spec
from nnspec.data.invalid_values import Index, InvalidSourceValueError
from nnspec.data.preprocessing.number_types import StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.preprocessing.row_columns import as_columns
from nnspec.data.preprocessing.text_columns import check_cells, check_text
from nnspec.data.registry import Categories
from nnspec.data.row_origin import RowOrigin
from nnspec.data.streaming.stacked_columns import stack_columns
from nnspec.errors import DataError, Problem, SourceSpan, visible
from nnspec.spec.data_steps import Columns, as_names


class ColumnSteps(NamedTuple):
    """The columns of a group by their names in a table, and its steps with their places."""

    columns: Columns
    steps: tuple[LocatedStep, ...]
    place: SourceSpan | None = None  # of the columns' names
    categories: Categories | None = None  # of each column, where a contract lists them

    def stack(self, table: Arrays) -> Array:
        """The columns as one array: (rows,) of a single name, (rows, columns) of a list."""
        if isinstance(self.columns, str):
            return table[self.columns]
        arrays = [table[name] for name in self.columns]
        self._check_types(arrays)
        return stack_columns(arrays)

    def _check_types(self, arrays: Sequence[Array]) -> None:
        """Raise DataError where some of the columns hold numbers and others text or dates."""
        kinds = [row_spec(array).kind for array in arrays]
        other = next((n for n, kind in enumerate(kinds) if kind != kinds[0]), None)
        if other is not None:
            names = visible(self.columns[0]), visible(self.columns[other])
            message = f"{names[0]} holds {kinds[0]} and {names[1]} {kinds[other]}"
            place = self.steps[0].place if self.steps else self.place
            self._check_cells(arrays, place)
            raise DataError(Problem(message, place, "give each a group of its own"))

    def _check_cells(self, arrays: Sequence[Array], place: SourceSpan | None) -> None:
        """Raise an error where a column is text because of a few cells."""
        for number, array in enumerate(arrays):
            if array.dtype.kind == "T":
                try:
                    check_cells(array, place)
                except InvalidSourceValueError as error:
                    raise error.with_index((*error.index, number)) from None

    def check_text(self, table: Arrays, origin: RowOrigin) -> None:
        """Raise DataError where no step makes numbers of the columns' text or dates."""
        with self.located(origin):
            check_text(self.steps, self.stack(table), self.place)

    @contextmanager
    def located(self, origin: RowOrigin) -> Iterator[None]:
        """Turn the error of a value inside into one that tells its row and column."""
        try:
            yield
        except InvalidSourceValueError as error:
            column, index = self._cell(error.index)
            raise error.with_index(index).of(origin, column) from None

    def _cell(self, index: Index) -> tuple[str, Index]:
        """The column of an index in the stacked array, and the index in it; of a row, all names."""
        row, *inner = index
        if isinstance(self.columns, str) or not inner:
            return ", ".join(as_names(self.columns)), (row, *inner)
        return self.columns[inner[0]], (row,)


class FittedGroup(NamedTuple):
    """A group of columns and its fitted pipeline."""

    columns: ColumnSteps
    pipeline: FittedPipeline

    @classmethod
    def fit(cls, columns: ColumnSteps, table: Arrays, origin: RowOrigin) -> Self:
        """Fit the steps to the training rows of a table."""
        with columns.located(origin):
            rows = columns.stack(table)
            check_text(columns.steps, rows, columns.place)
            return cls(columns, FittedPipeline.fit(columns.steps, rows, columns.categories))

    def apply(self, table: Arrays, types: StoredTypes, origin: RowOrigin) -> Array:
        """Preprocess the columns of a table."""
        with self.columns.located(origin):
            rows = self.columns.stack(table)
            check_text(self.columns.steps, rows, self.columns.place)
            return self.pipeline.apply(rows, types)


class FittedColumns(NamedTuple):
    """Groups of columns whose results are joined to one array.

    Of several groups the numbers of a row are joined to a vector, in the order of the groups.
    """

    groups: tuple[FittedGroup, ...]

    @classmethod
    def fit(cls, lists: Sequence[ColumnSteps], table: Arrays, origin: RowOrigin) -> Self:
        """Fit each group to the training rows of a table."""
        return cls(tuple(FittedGroup.fit(columns, table, origin) for columns in lists))

    def apply(self, table: Arrays, types: StoredTypes, origin: RowOrigin) -> Array:
        """Preprocess the columns of a table and join them."""
        arrays = [group.apply(table, types, origin) for group in self.groups]
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate(list(map(as_columns, arrays)), axis=1)

    @property
    def names(self) -> list[str]:
        """The columns that it needs, each once."""
        names = [name for group in self.groups for name in as_names(group.columns.columns)]
        return list(dict.fromkeys(names))

    def plain(self) -> list[dict[str, Any]]:
        """Values for `preprocessing.json`."""
        return [{"columns": _plain(g.columns.columns), **g.pipeline.plain()} for g in self.groups]

    @classmethod
    def from_plain(cls, values: Any, lists: Sequence[Sequence[LocatedStep]]) -> Self:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps."""
        return cls(
            tuple(
                FittedGroup(
                    ColumnSteps(_columns(one["columns"]), tuple(steps)),
                    FittedPipeline.from_plain(one, steps),
                )
                for one, steps in zip(values, lists, strict=True)
            )
        )


def expanded(columns: Columns, table: Sequence[str], named: Sequence[str]) -> Columns:
    """The columns that names and patterns mean in a table of columns of one side."""
    if isinstance(columns, str) and not is_pattern(columns):
        return columns
    return tuple(expand(as_names(columns), table, named))


def _plain(columns: Columns) -> str | list[str]:
    return columns if isinstance(columns, str) else list(columns)


def _columns(plain: Any) -> Columns:
    names = [plain] if isinstance(plain, str) else plain
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("no columns")
    return plain if isinstance(plain, str) else tuple(plain)
