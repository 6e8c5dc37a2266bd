"""Columns of a table's file as they are read, before they are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nnspec.backends.arrays import Array
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

Ragged = tuple[int, int]  # the line of a row with too few or too many cells, and how many


class RawColumn(NamedTuple):
    """The values of a column, and the cells that are not of its type: their rows and texts."""

    values: pl.Series | StoredArray
    invalid: Sequence[tuple[int, str]] = ()


Convert = Callable[["pl.Series"], RawColumn]  # of texts, or of values of a file's own types


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


class ColumnFile(Protocol):
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
