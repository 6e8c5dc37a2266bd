"""Parts of a column in memory, each converted at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnspec.data.tables.cells import NumberFormat, as_type, inferred
from nnspec.data.tables.columns import unsupported_type
from nnspec.data.tables.raw_table import Convert, ConvertedCells, RawColumn
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl


class MemoryParts:
    """Parts of a column in memory."""

    def __init__(self, _: str, convert: Convert) -> None:
        self.convert = convert
        self._parts, self._invalid, self._rows = list["pl.Series"](), list[tuple[int, str]](), 0

    def add(self, cells: pl.Series) -> None:
        """Convert another part."""
        part = self.convert(cells)
        self._parts.append(part.values)
        self._invalid += [(row + self._rows, text) for row, text in part.invalid]
        self._rows += len(cells)

    @property
    def is_mixed(self) -> bool:
        """Whether the parts are of types that no type but text holds."""
        import polars as pl

        types = {part.dtype for part in self._parts} - {pl.Null}
        return len(types) > 1 and not all(kind.is_numeric() for kind in types)

    def column(self, name: str) -> RawColumn:
        """All parts together; numbers of several types are in the widest."""
        return RawColumn(_joined(self._parts, name), self._invalid)


def converter(wanted: ColumnType | None, numbers: NumberFormat) -> Convert:
    """The conversion of texts to a type, or to what they are found to be."""
    if wanted is None:
        return lambda cells: ConvertedCells(inferred(cells, numbers))
    return lambda cells: typed(cells, wanted, numbers)


def typed(values: pl.Series, wanted: ColumnType, numbers: NumberFormat) -> ConvertedCells:
    """A column in a type, and the cells that are not of it.

    A DataError where its own type is none that a column may have, such as lists.
    """
    if values.dtype.is_nested():
        raise unsupported_type(values)
    found = as_type(values, wanted, numbers)
    wrong = (found.is_null() & values.is_not_null()).arg_true()
    return ConvertedCells(found, [(int(row), str(values[int(row)])) for row in wrong])


def _joined(parts: list[pl.Series], name: str) -> pl.Series:
    import polars as pl

    if not parts:
        return pl.Series(name, [], dtype=pl.Null)
    types = {part.dtype for part in parts} - {pl.Null}
    widest = next((t for t in (pl.Int128, pl.Float64) if t in types), None)
    kind = widest or next(iter(types), pl.Null())
    return pl.concat([part.cast(kind) for part in parts], rechunk=True).alias(name)
