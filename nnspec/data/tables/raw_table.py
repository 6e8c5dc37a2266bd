"""Columns of a table's file as they are read, before they are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nnspec.backends.arrays import Array
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

Ragged = tuple[int, int]  # the line of a row with too few or too many cells, and how many


class RawColumn(NamedTuple):
    """The values of a column, and the cells that are not of its type: their rows and texts."""

    values: pl.Series
    invalid: Sequence[tuple[int, str]] = ()


class RawTable(NamedTuple):
    """Columns by name, the line of each row, and the rows that are left out."""

    columns: Mapping[str, RawColumn]
    lines: Array | None = None  # None: the first row counts as 1
    ragged: Sequence[Ragged] = ()


class ColumnFile(Protocol):
    """A file of which some columns can be read."""

    @property
    def names(self) -> Sequence[str]:
        """All columns."""

    def read(self, names: Sequence[str], types: Mapping[str, ColumnType]) -> RawTable:
        """Read columns, some of them as given types, the others as the file has them."""

    def scan(self, types: Mapping[str, ColumnType]) -> pl.LazyFrame:
        """All columns; a cell that is not of a given type is null."""


class SelectedColumns(NamedTuple):
    """Some columns of a file, {name: name in the file}."""

    file: ColumnFile
    columns: Mapping[str, str]

    @property
    def names(self) -> Sequence[str]:
        """All columns."""
        return list(self.columns)

    def read(self, names: Sequence[str], types: Mapping[str, ColumnType]) -> RawTable:
        """Read columns, some of them as given types, the others as the file has them."""
        raw = self.file.read([self.columns[name] for name in names], self._in_file(types))
        return raw._replace(columns={name: raw.columns[self.columns[name]] for name in names})

    def scan(self, types: Mapping[str, ColumnType]) -> pl.LazyFrame:
        """All columns; a cell that is not of a given type is null."""
        import polars as pl

        frame = self.file.scan(self._in_file(types))
        return frame.select([pl.col(old).alias(new) for new, old in self.columns.items()])

    def _in_file(self, types: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
        """Types by the names in the file; one of a column that there is not is left out."""
        known = {name: type_ for name, type_ in types.items() if name in self.columns}
        return {self.columns[name]: type_ for name, type_ in known.items()}
