"""Columns of a table's file as they are read, before they are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nnspec.backends.arrays import Array
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

Ragged = tuple[int, str]  # the line of a row with too few or too many cells, and what it has


class ConvertedCells(NamedTuple):
    """The values of a part of a column, and the cells that are not of its type."""

    values: pl.Series
    invalid: Sequence[tuple[int, str]] = ()


class RawColumn(NamedTuple):
    """The values of a column, and the cells that are not of its type: their rows and texts."""

    values: pl.Series | StoredArray
    invalid: Sequence[tuple[int, str]] = ()


Convert = Callable[["pl.Series"], ConvertedCells]  # of texts, or of values of a file's own types


class ColumnParts(Protocol):
    """Parts of a column, which are converted one by one."""

    @property
    def is_mixed(self) -> bool:
        """Whether the parts are of types that no type but text holds."""

    def add(self, cells: pl.Series) -> None:
        """Convert another part."""

    def column(self, name: str) -> RawColumn:
        """All parts together."""


PartsOf = Callable[[str, Convert], ColumnParts]  # the parts of a column, by its name


class RawTable(NamedTuple):
    """Columns by name, the line of each row, and the rows that are left out."""

    columns: Mapping[str, RawColumn]
    lines: Array | None = None  # None: the first row counts as 1
    ragged: Sequence[Ragged] = ()


class FormatReader(Protocol):
    """A file of which some columns can be read."""

    @property
    def names(self) -> Sequence[str]:
        """All columns."""

    def read(
        self, names: Sequence[str], types: Mapping[str, ColumnType], parts: PartsOf
    ) -> RawTable:
        """Read columns, some of them as given types, the others as the file has them.

        `parts` gives what keeps the parts of a column.
        """

    def scan(self, types: Mapping[str, ColumnType]) -> pl.LazyFrame:
        """All columns; a cell that is not of a given type is null."""


class SelectedColumns(NamedTuple):
    """Some columns of a file, {name: name in the file}."""

    file: FormatReader
    columns: Mapping[str, str]

    @property
    def names(self) -> Sequence[str]:
        """All columns."""
        return list(self.columns)

    def read(
        self, names: Sequence[str], types: Mapping[str, ColumnType], parts: PartsOf
    ) -> RawTable:
        """Read columns, some of them as given types, the others as the file has them."""
        own = [self.columns[name] for name in names]
        raw = self.file.read(own, self._in_file(types), parts)
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
