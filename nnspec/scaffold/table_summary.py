"""Summaries of the columns of a table, over all of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.errors import DataError, visible
from nnspec.options.tensor_spec import Kind
from nnspec.scaffold.column_summary import MAX_LISTED, ColumnSummary
from nnspec.scaffold.data_files import DataFile
from nnspec.scaffold.date_formats import with_dates

if TYPE_CHECKING:
    import polars as pl

_AT_A_TIME = 500  # values that are computed
_EXACT_BYTES = 64 << 20  # in larger files the numbers of different values are estimates


def summarise(frame: pl.LazyFrame, file: DataFile) -> list[ColumnSummary]:
    """A summary of each column of a file; a DataError where it has no rows."""
    import polars as pl

    schema = frame.collect_schema()
    exact = file.path.stat().st_size <= _EXACT_BYTES
    statistics = [one for name in schema for one in _statistics(name, schema[name], exact)]
    row = _one_row(frame, [pl.len().alias("rows"), *statistics])
    if not row["rows"]:
        raise DataError(f"{visible(file.path.name)} has no rows", "it has a header alone")
    found = [_summary(name, kind, row) for name, kind in schema.items()]
    found = [one._replace(unit=file.units.get(one.name)) for one in found]
    return with_dates(frame, _with_counts(frame, found), day_first=file.has_decimal_comma)


def _one_row(frame: pl.LazyFrame, values: Sequence[pl.Expr]) -> dict[str, Any]:
    """The only row of what is computed of a table, by name; some at a time, as the time that polars
    takes to plan grows with the square of their number.
    """
    found = dict[str, Any]()
    for start in range(0, len(values), _AT_A_TIME):
        part = frame.select(values[start : start + _AT_A_TIME])
        found |= part.collect(engine="streaming").row(0, named=True)
    return found


def kind_of(data_type: pl.DataType) -> Kind | None:
    """What nnspec reads a type of polars as."""
    import polars as pl

    if data_type in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if data_type in (pl.Date, pl.Datetime):
        return "dates"
    is_number = data_type.is_numeric() or data_type in (pl.Boolean, pl.Null)
    return "numbers" if is_number else None


def _statistics(name: str, data_type: pl.DataType, exact: bool) -> Iterator[pl.Expr]:
    """What is computed of a column, each under the column's name and a word."""
    import polars as pl

    kind = kind_of(data_type)
    column = _present(name, data_type)
    yield column.is_null().sum().alias(f"{name} missing")
    if kind is None or data_type == pl.Null:
        return
    values = column.drop_nulls()
    yield (values.n_unique() if exact else values.approx_n_unique()).alias(f"{name} distinct")
    if kind == "text":
        yield (values.str.strip_chars().str.count_matches(r"\s+") + 1).mean().alias(f"{name} words")
    else:
        yield values.min().alias(f"{name} least")
        yield values.max().alias(f"{name} greatest")
    if data_type.is_float():
        yield (values == values.floor()).all().alias(f"{name} whole")


def _present(name: str, data_type: pl.DataType) -> pl.Expr:
    """A column in which what counts as missing is null."""
    import polars as pl

    column = pl.col(name)
    if data_type.is_float():
        return column.fill_nan(None)
    if kind_of(data_type) == "text":
        text = column.cast(pl.String)
        return pl.when(text != "").then(text)
    return column


def _summary(name: str, data_type: pl.DataType, row: Mapping[str, Any]) -> ColumnSummary:
    import polars as pl

    whole = data_type.is_integer() or data_type == pl.Boolean
    return ColumnSummary(
        name=name,
        kind=kind_of(data_type),
        type_name=str(data_type),
        rows=row["rows"],
        missing=row[f"{name} missing"],
        distinct=row.get(f"{name} distinct", 0),
        least=row.get(f"{name} least"),
        greatest=row.get(f"{name} greatest"),
        is_whole=whole or bool(row.get(f"{name} whole")),
        words=row.get(f"{name} words") or 0.0,
    )


def _with_counts(frame: pl.LazyFrame, found: Sequence[ColumnSummary]) -> list[ColumnSummary]:
    """The summaries, with the rows of each value where there are few: whole numbers, or text."""
    schema = frame.collect_schema()
    few = [
        _present(one.name, schema[one.name]).drop_nulls().value_counts(name="rows").implode()
        .alias(one.name)
        for one in found
        if 0 < one.distinct <= MAX_LISTED and (one.is_whole or one.kind == "text")
    ]  # fmt: skip
    counted = _one_row(frame, few)
    return [_counted(one, counted.get(one.name, ())) for one in found]


def _counted(summary: ColumnSummary, items: Sequence[Mapping[str, Any]]) -> ColumnSummary:
    counts = {}
    for item in items:
        value, rows = item.values()
        counts[value] = rows
    ordered = dict(sorted(counts.items()))
    return summary._replace(counts=ordered, distinct=len(ordered) or summary.distinct)
