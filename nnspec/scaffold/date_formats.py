"""Columns of text or of whole numbers that are dates, written otherwise than ISO 8601 does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from nnspec.data.tables.cells import NumberFormat, as_type
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

_DAYS = (
    "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%b %d %Y", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%B %d, %Y", "%d %B %Y",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%b-%y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", "T%H:%M:%S")
FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
_DIGITS = "%Y%m%d"  # of a day as a whole number
_FIRST_DAY, _LAST_DAY = 19000101, 21001231
_SAMPLE = 50  # texts that tell which formats are worth a look at all
_MOST_WORDS = 5


class _Dates(NamedTuple):
    """The formats that read a column throughout, and its first and last date by each."""

    formats: list[str]
    ends: list[tuple[datetime, datetime]]


def with_dates(
    frame: pl.LazyFrame, found: Sequence[ColumnSummary], *, day_first: bool = False
) -> list[ColumnSummary]:
    """The summaries, in which text that one of FORMATS reads throughout is dates.

    Where day and month may be exchanged, the order is that of a column that leaves no choice, else
    `day_first` says which it is.
    """
    read = {one.name: _dates(frame, one) for one in found if _may_be_dates(one)}
    orders = {one.formats[0][:2] for one in read.values() if len(one.formats) == 1}
    days_first = "%d" in orders if orders & {"%d", "%m"} else day_first
    return [_dated(one, read.get(one.name), days_first) for one in found]


def _may_be_dates(column: ColumnSummary) -> bool:
    if column.kind == "text":
        return bool(column.distinct) and column.words <= _MOST_WORDS
    if column.kind != "numbers" or not column.is_whole or column.is_boolean or not column.distinct:
        return False
    return bool(column.least >= _FIRST_DAY and column.greatest <= _LAST_DAY)


def _dates(frame: pl.LazyFrame, column: ColumnSummary) -> _Dates:
    """The formats that read a column, and its ends by each."""
    import polars as pl

    cells = frame.select(pl.col(column.name).drop_nulls().unique()).collect().to_series()
    if column.kind == "numbers":
        texts, formats = cells.cast(pl.Int64).cast(pl.String), [_DIGITS]
    else:
        texts = cells.cast(pl.String)
        texts = texts.filter(texts != "")
        formats = [one for one in FORMATS if _reads(one, texts.head(_SAMPLE))]
    read = [(one, _parsed(texts, one)) for one in formats]
    every = [(one, dates) for one, dates in read if not dates.null_count()]
    ends = [(dates.dt.min(), dates.dt.max()) for _, dates in every]
    return _Dates([one for one, _ in every], ends)  # type: ignore[arg-type]


def _reads(format_: str, texts: pl.Series) -> bool:
    return not _parsed(texts, format_).null_count()


def _parsed(texts: pl.Series, format_: str) -> pl.Series:
    return as_type(texts, ColumnType("date", format_), NumberFormat())


def _dated(summary: ColumnSummary, dates: _Dates | None, days_first: bool) -> ColumnSummary:
    """A summary as dates, by the format that fits best; as it was where none does."""
    if dates is None or not dates.formats:
        return summary
    wanted = "%d" if days_first else "%m"
    chosen = next((n for n, one in enumerate(dates.formats) if one.startswith(wanted)), 0)
    format_, (least, greatest) = dates.formats[chosen], dates.ends[chosen]
    exchanged = [one for one in dates.formats if sorted(one) == sorted(format_) and one != format_]
    return summary._replace(
        kind="dates", type_name="Datetime" if "%H" in format_ or "%I" in format_ else "Date",
        least=least, greatest=greatest, format=format_,
        other_format=exchanged[0] if exchanged else None, counts={}, words=0.0,
    )  # fmt: skip
