"""Fitted preprocessing of a table's columns: a pipeline for each group, joined to one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.data.column_patterns import expand, is_pattern
from nnspec.data.column_types import row_spec
from nnspec.data.invalid_values import Index, InvalidSourceValueError
from nnspec.data.preprocessing.number_types import OWN, StoredTypes
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.preprocessing.row_columns import as_columns
from nnspec.data.preprocessing.text_columns import check_cells, check_text
from nnspec.data.registry import Categories
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.data.streaming.stacked_columns import stack_columns
from nnspec.errors import DataError, Problem, SourceSpan, visible
from nnspec.spec.data_steps import Columns, as_names


class LocatedGroup(NamedTuple):
    """The columns of a group by their names in a table, and its steps with their places."""

    columns: Columns
    steps: tuple[LocatedStep, ...]
    place: SourceSpan | None = None  # of the columns' names
    categories: Categories | None = None  # of each column, where a contract lists them

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return as_names(self.columns)

    def stack(self, table: Arrays) -> Array:
        """The columns as one array: (rows,) of a single name, (rows, columns) of a list.

        Raises an error where their types differ, or no step makes numbers of text or dates.
        """
        arrays = [table[name] for name in self.names]
        self._check_types(arrays)
        rows = arrays[0] if isinstance(self.columns, str) else stack_columns(arrays)
        check_text(self.steps, rows, self.place)
        return rows

    def _check_types(self, arrays: Sequence[Array]) -> None:
        """Raise DataError where some of the columns hold numbers and others text or dates."""
        kinds = [row_spec(array).kind for array in arrays]
        other = next((n for n, kind in enumerate(kinds) if kind != kinds[0]), None)
        if other is not None:
            names = visible(self.names[0]), visible(self.names[other])
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
            return ", ".join(self.names), (row, *inner)
        return self.columns[inner[0]], (row,)


class FittedGroup(NamedTuple):
    """A group of columns and its fitted pipeline."""

    group: LocatedGroup
    pipeline: FittedPipeline

    @classmethod
    def fit(cls, group: LocatedGroup, table: Arrays, origin: RowOrigin) -> Self:
        """Fit the steps to the training rows of a table."""
        with group.located(origin):
            rows = group.stack(table)
            return cls(group, FittedPipeline.fit(group.steps, rows, group.categories))

    def apply(self, table: Arrays, types: StoredTypes = OWN, origin: RowOrigin = GIVEN) -> Array:
        """Preprocess the columns of a table."""
        with self.group.located(origin):
            return self.pipeline.apply(self.group.stack(table), types)

    def width(self, table: Arrays) -> int:
        """How many numbers a row of a table's columns becomes."""
        empty = {name: table[name][:0] for name in self.group.names}
        return prod(self.apply(empty).shape[1:])

    def plain(self) -> dict[str, Any]:
        """Values for `preprocessing.json`."""
        columns = self.group.columns
        names = columns if isinstance(columns, str) else list(columns)
        return {"columns": names, **self.pipeline.plain()}

    @classmethod
    def from_plain(cls, values: Any, steps: Sequence[LocatedStep]) -> Self:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps."""
        group = LocatedGroup(_columns(values["columns"]), tuple(steps))
        return cls(group, FittedPipeline.from_plain(values, steps))


class FittedColumns(NamedTuple):
    """Groups of columns whose results are joined to one array.

    Of several groups the numbers of a row are joined to a vector, in the order of the groups.
    """

    groups: tuple[FittedGroup, ...]
    as_vectors: bool = False  # a row of a single number is a vector, as an input's is

    def apply(self, table: Arrays, types: StoredTypes, origin: RowOrigin) -> Array:
        """Preprocess the columns of a table and join them."""
        arrays = [group.apply(table, types, origin) for group in self.groups]
        if len(arrays) > 1:
            return np.concatenate(list(map(as_columns, arrays)), axis=1)
        is_vector = self.as_vectors and arrays[0].ndim == 1
        return as_columns(arrays[0]) if is_vector else arrays[0]

    @property
    def names(self) -> list[str]:
        """The columns that it needs, each once."""
        names = [name for one in self.groups for name in one.group.names]
        return list(dict.fromkeys(names))

    def pipelines(self) -> Iterator[tuple[str, FittedPipeline]]:
        """Each pipeline with the names of its columns."""
        for group, pipeline in self.groups:
            yield ", ".join(group.names), pipeline

    def plain(self) -> list[dict[str, Any]]:
        """Values for `preprocessing.json`."""
        return [group.plain() for group in self.groups]


def expanded(columns: Columns, table: Sequence[str], named: Sequence[str]) -> Columns:
    """The columns that names and patterns mean in a table of columns of one side."""
    if isinstance(columns, str) and not is_pattern(columns):
        return columns
    return tuple(expand(as_names(columns), table, named))


def _columns(plain: Any) -> Columns:
    names = [plain] if isinstance(plain, str) else plain
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("no columns")
    return plain if isinstance(plain, str) else tuple(plain)
