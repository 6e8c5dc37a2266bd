"""Columns of text that hold dates in ISO 8601: recognised by all their cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")


def with_dates(column: pl.Series) -> pl.Series:
    """The column as dates or times where every cell of text is one; else as it is.

    polars can look for dates itself while it reads CSV, but that takes fifty times as long.
    """
    import polars as pl

    first = column.drop_nulls().head(1).to_list() if column.dtype == pl.String else []
    if not first:
        return column
    parsed = None
    if _DATE.fullmatch(first[0]):
        parsed = column.str.to_date("%Y-%m-%d", strict=False)
    elif _TIME.fullmatch(first[0]):
        parsed = column.str.to_datetime(time_unit="us", strict=False)
    if parsed is None or parsed.null_count() > column.null_count():
        return column
    return parsed
