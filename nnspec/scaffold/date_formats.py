"""Columns of text that are dates, written otherwise than ISO 8601 does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nnspec.scaffold.column_summary import ColumnSummary

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%b %d %Y", "%d %b %Y")


def with_dates(frame: pl.LazyFrame, found: Sequence[ColumnSummary]) -> list[ColumnSummary]:
    """The summaries, in which text that one of FORMATS reads throughout is dates."""
    texts = [one.name for one in found if one.kind == "text" and one.distinct and one.words <= 3]
    if not texts:
        return list(found)
    columns = [one for name in texts for one in _statistics(name)]
    row = frame.select(columns).collect(engine="streaming").row(0, named=True)
    return [_dated(one, row) for one in found]


def _statistics(name: str) -> list[pl.Expr]:
    """For each format, the first and last date of a column; null where any text is none."""
    import polars as pl

    texts = pl.col(name).drop_nulls()
    found = list[pl.Expr]()
    for number, format_ in enumerate(FORMATS):
        dates = texts.str.to_date(format_, strict=False)
        every = dates.is_not_null().all()
        for word, value in (("least", dates.min()), ("greatest", dates.max())):
            found.append(pl.when(every).then(value).alias(f"{name} {word} {number}"))
    return found


def _dated(summary: ColumnSummary, row: dict[str, Any]) -> ColumnSummary:
    for number, format_ in enumerate(FORMATS):
        least = row.get(f"{summary.name} least {number}")
        if least is not None:
            greatest = row[f"{summary.name} greatest {number}"]
            return summary._replace(
                kind="dates", type_name="Date", least=least, greatest=greatest, format=format_,
                counts={}, words=0.0,
            )  # fmt: skip
    return summary
