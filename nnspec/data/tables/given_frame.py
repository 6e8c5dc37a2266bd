"""A data frame, or a map of columns, that Python code gives, as a table of training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.tables.column_parts import MemoryParts
from nnspec.data.tables.formats import ScannedTable
from nnspec.data.tables.given_columns import as_vector, check_lengths, named_columns
from nnspec.data.tables.polars_errors import require_polars
from nnspec.data.tables.raw_table import PartsOf, RawTable
from nnspec.errors import DataError, quoted, typed
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

NAME = "data"  # what messages call the table
_MISSING = ("NAType", "NaTType")  # pandas' classes of missing values, which are equal to nothing


class GivenFrame(ScannedTable):
    """The columns of a frame in memory, whose rows count from 0."""

    def __init__(self, raw: Any) -> None:
        require_polars()
        self.columns = {name: _series(name, one) for name, one in named_columns(raw).items()}
        check_lengths({name: len(one) for name, one in self.columns.items()})
        super().__init__(NAME, "a table", self._scan)

    def _scan(self) -> pl.LazyFrame:
        import polars as pl

        return pl.DataFrame(self.columns).lazy()

    def read(
        self, names: Any, types: Mapping[str, ColumnType], parts: PartsOf = MemoryParts
    ) -> RawTable:
        """Read columns, with the numbers of their rows."""
        raw = super().read(names, types, parts)
        rows = len(next(iter(self.columns.values()), ()))
        return raw._replace(lines=np.arange(rows))


def _series(name: str, values: Any) -> pl.Series:
    """A column as polars has it; a DataError where it holds no value a row, or mixed ones."""
    import polars as pl

    if isinstance(values, pl.Series):
        return values.alias(name)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        hint = "give a list or an array with a value a row"
        raise DataError(f"the column {quoted(name)} is {typed(values)}", hint)
    array = _array(name, values)
    if array.dtype.kind in "biuf":
        return pl.Series(name, array.astype(np.float64) if array.dtype == np.float16 else array)
    if array.dtype.kind == "M":
        return pl.Series(name, array.astype("datetime64[us]"))
    try:
        return pl.Series(name, [_value(one) for one in array.tolist()])
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        raise DataError(f"the column {quoted(name)} holds values of several types") from None


def _array(name: str, values: Any) -> Array:
    array = as_vector(name, values)
    is_plain_list = isinstance(values, list | tuple) and array.dtype.kind not in "biufM"
    return np.array([*values, None], object)[:-1] if is_plain_list else array


def _value(value: Any) -> Any:
    """A value of a column of objects; None where it is missing."""
    is_nan = isinstance(value, float) and value != value
    return None if is_nan or type(value).__name__ in _MISSING else value
