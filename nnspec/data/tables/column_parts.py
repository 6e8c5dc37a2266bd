"""A column that is read in parts, each converted at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nnspec.data.tables.cells import NumberFormat, as_type, inferred
from nnspec.data.tables.raw_table import RawColumn
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl


class ColumnParts(Protocol):
    """Parts of a column, of which each is given as texts."""

    @property
    def is_mixed(self) -> bool:
        """Whether the parts are of types that no type but text holds."""

    def add(self, cells: pl.Series) -> None:
        """Convert another part."""

    def column(self, name: str) -> RawColumn:
        """All parts together."""


class TypedParts:
    """Parts of a column whose type is known; a cell that is not of it is null, and listed."""

    is_mixed = False

    def __init__(self, wanted: ColumnType, numbers: NumberFormat) -> None:
        self.wanted, self.numbers = wanted, numbers
        self._parts, self._invalid, self._rows = list["pl.Series"](), list[tuple[int, str]](), 0

    def add(self, cells: pl.Series) -> None:
        """Convert another part."""
        part = typed(cells, self.wanted, self.numbers)
        self._parts.append(part.values)
        self._invalid += [(row + self._rows, text) for row, text in part.invalid]
        self._rows += len(cells)

    def column(self, name: str) -> RawColumn:
        """All parts together."""
        return RawColumn(_joined(self._parts, name), self._invalid)


class InferredParts:
    """Parts of a column whose type is found by a look at the cells."""

    def __init__(self, numbers: NumberFormat) -> None:
        self.numbers = numbers
        self._parts = list["pl.Series"]()

    def add(self, cells: pl.Series) -> None:
        """Convert another part."""
        self._parts.append(inferred(cells, self.numbers))

    @property
    def is_mixed(self) -> bool:
        """Whether the parts are of types that no type but text holds."""
        import polars as pl

        types = {part.dtype for part in self._parts} - {pl.Null}
        return len(types) > 1 and not all(kind.is_numeric() for kind in types)

    def column(self, name: str) -> RawColumn:
        """All parts together; numbers of several types are in the widest."""
        return RawColumn(_joined(self._parts, name))


def typed(values: pl.Series, wanted: ColumnType, numbers: NumberFormat) -> RawColumn:
    """A column in a type, and the cells that are not of it."""
    found = as_type(values, wanted, numbers)
    wrong = (found.is_null() & values.is_not_null()).arg_true()
    return RawColumn(found, [(int(row), str(values[int(row)])) for row in wrong])


def _joined(parts: list[pl.Series], name: str) -> pl.Series:
    import polars as pl

    if not parts:
        return pl.Series(name, [], dtype=pl.Null)
    types = {part.dtype for part in parts} - {pl.Null}
    widest = next((t for t in (pl.Int128, pl.Float64) if t in types), None)
    kind = widest or next(iter(types), pl.Null())
    return pl.concat([part.cast(kind) for part in parts], rechunk=True).alias(name)
