"""Types of a column's cells: found by a look at all of them, or required."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

_BOOLEANS = {"true": True, "false": False}
_WRITTEN_BOOLEANS = {**_BOOLEANS, "1": True, "0": False}
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)"
_ISO_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)
_ISO_ZONES = tuple(f"{time}%#z" for time in _ISO_FORMATS[1:])
_CODE = r"^[+-]?0[0-9]"  # a number that begins with 0, such as a postal code
_YEAR = 1000  # the first that %Y reads, of four digits as in Python; polars takes 24 for 0024
_SPACES = "[\u00a0\u2009\u202f]"  # that are not broken, between groups of digits
_BEYOND = r"^[+-]?[0-9]{19,}$"  # digits of whole numbers, of which int64 does not hold all


class NumberFormat(NamedTuple):
    """How a file writes numbers."""

    decimal: str = "."
    thousands: str | None = None


def inferred(cells: pl.Series, numbers: NumberFormat) -> pl.Series:
    """The values of texts: whole numbers, numbers, booleans or dates, else the texts.

    Missing cells are null. Whole numbers that int64 does not hold are Int128.
    """
    import polars as pl

    given = cells.drop_nulls()
    if not len(given):
        return cells.cast(pl.Null)
    first = given[0]
    if first.lower() in _BOOLEANS:
        return _all_or_none(cells, _booleans(cells, _BOOLEANS))
    if first[:4].isdigit() and first[4:5] == "-":
        return _all_or_none(cells, _iso_dates(cells))
    return _inferred_numbers(cells, numbers)


def as_type(values: pl.Series, wanted: ColumnType, numbers: NumberFormat) -> pl.Series:
    """The values in a type; null where a cell holds no such value."""
    convert = {
        "number": _as_numbers,
        "integer": _as_integers,
        "boolean": _as_booleans,
        "text": _as_texts,
        "date": _as_dates,
    }[wanted.name]
    return convert(_without_unit(values, wanted.unit), wanted, numbers)


def _without_unit(cells: pl.Series, unit: str | None) -> pl.Series:
    """Texts without the unit before or behind a number: `-$5` and `5 $` become `-5` and `5`."""
    import polars as pl

    if unit is None or cells.dtype != pl.String:
        return cells
    text = re.escape(unit)
    return cells.str.replace(rf"^([+-]?)(?:{text}\s*)?(.*?)(?:\s*{text})?$", "${1}${2}")


def _inferred_numbers(cells: pl.Series, numbers: NumberFormat) -> pl.Series:
    import polars as pl

    plain = _plain_numbers(cells, numbers)
    if plain.null_count() > cells.null_count():
        return cells
    found = _all_or_none(plain, plain.cast(pl.Int64, strict=False))
    if found.dtype == pl.String:
        found = _all_or_none(plain, plain.cast(pl.Float64, strict=False))
    if found.dtype == pl.String or plain.str.contains(_CODE).any():
        return cells
    if found.dtype == pl.Float64 and plain.str.contains(_BEYOND).any():
        return _all_or_none(found, plain.cast(pl.Int128, strict=False))
    return found


def _plain_numbers(cells: pl.Series, numbers: NumberFormat) -> pl.Series:
    """Texts in which numbers are written as polars reads them; null where none is."""
    import polars as pl

    if numbers == NumberFormat():
        return cells
    if numbers.thousands:
        if numbers.thousands == " ":
            cells = cells.str.replace_all(_SPACES, " ")
        mark = "\\" + numbers.thousands
        decimal = "\\" + numbers.decimal
        grouped = rf"^[+-]?(\d*|\d{{1,3}}({mark}\d{{3}})+)({decimal}\d*)?([eE][+-]?\d+)?$"
        valid = cells.str.contains(grouped)
        cells = cells.set(~valid, None).str.replace_all(numbers.thousands, "", literal=True)
    if numbers.decimal != ".":
        cells = cells.set(cells.str.contains(".", literal=True), None)
        cells = cells.str.replace(numbers.decimal, ".", literal=True)
    return cells.cast(pl.String)


def _all_or_none(before: pl.Series, after: pl.Series) -> pl.Series:
    """The converted values where all that are there could be converted, else those before."""
    return after if after.null_count() == before.null_count() else before


def _booleans(cells: pl.Series, known: dict[str, bool]) -> pl.Series:
    import polars as pl

    lower = cells.str.to_lowercase()
    return lower.replace_strict(known, default=None, return_dtype=pl.Boolean)


def _iso_dates(cells: pl.Series) -> pl.Series:
    """ISO 8601: dates, and times, which are UTC where they have a time zone."""
    import polars as pl

    dates = [cells.str.to_datetime(f, time_unit="us", strict=False) for f in _ISO_FORMATS]
    if cells.str.contains(r"([Zz]|[+-]\d\d:?\d\d)$").any():
        zoned = (cells.str.to_datetime(f, time_unit="us", strict=False) for f in _ISO_ZONES)
        dates += [times.dt.replace_time_zone(None) for times in zoned]
    found = pl.select(pl.coalesce(dates)).to_series()
    return found.set(~cells.str.contains(_ISO), None)


def _as_numbers(values: pl.Series, _: ColumnType, numbers: NumberFormat) -> pl.Series:
    import polars as pl

    if values.dtype in (pl.String, pl.Categorical, pl.Enum):
        return _plain_numbers(values.cast(pl.String), numbers).cast(pl.Float64, strict=False)
    if values.dtype.is_temporal() or values.dtype.is_nested():
        return values.clear(len(values)).cast(pl.Null).cast(pl.Float64)
    return values.cast(pl.Float64, strict=False)


def _as_integers(values: pl.Series, wanted: ColumnType, numbers: NumberFormat) -> pl.Series:
    import polars as pl

    if values.dtype.is_integer():
        return values.cast(pl.Int64, strict=False)
    real = _as_numbers(values, wanted, numbers)
    rounded = real.set((real != real.round()) | (real.abs() > 2.0**53), None)
    whole = rounded.cast(pl.Int64, strict=False)
    if values.dtype != pl.String:
        return whole
    written = _plain_numbers(values, numbers).cast(pl.Int64, strict=False)
    return pl.select(pl.coalesce([written, whole])).to_series()


def _as_booleans(values: pl.Series, wanted: ColumnType, numbers: NumberFormat) -> pl.Series:
    import polars as pl

    if values.dtype == pl.Boolean:
        return values
    if values.dtype == pl.String:
        return _booleans(values, _WRITTEN_BOOLEANS)
    real = _as_numbers(values, wanted, numbers)
    return real.set(~real.is_in([0.0, 1.0]), None).cast(pl.Boolean)


def _as_texts(values: pl.Series, _: ColumnType, __: NumberFormat) -> pl.Series:
    import polars as pl

    if values.dtype.is_float() and not (values != values.round()).any():
        values = values.cast(pl.Int64, strict=False)  # 7 where another row is missing, not 7.0
    return values.cast(pl.String)


def _as_dates(values: pl.Series, wanted: ColumnType, _: NumberFormat) -> pl.Series:
    import polars as pl

    if values.dtype in (pl.Date, pl.Datetime):
        return values.cast(pl.Datetime("us"))
    texts = values.cast(pl.String)
    if wanted.format is None:
        return _iso_dates(texts)
    found = texts.str.to_datetime(wanted.format, time_unit="us", strict=False)
    return found.set(found.dt.year() < _YEAR, None).dt.replace_time_zone(None)
