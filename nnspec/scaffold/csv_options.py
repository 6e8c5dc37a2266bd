"""Options of a CSV source that follow from all cells: marks of numbers, units, missing cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.components.sources.tables import MISSING, Csv
from nnspec.data.tables.cells import NumberFormat
from nnspec.data.tables.csv_table import CsvTable
from nnspec.errors import quoted, visible
from nnspec.scaffold.data_files import DataFile
from nnspec.scaffold.number_texts import NumberTexts, number_texts, placeholders

if TYPE_CHECKING:
    import polars as pl

_MISSING_NUMBERS = tuple(sign * (10**n - 1) for n in (2, 3, 4, 5) for sign in (-1, 1))
_MOST_RAGGED = 0.1  # the share of rows with too few or too many cells that may be left out
_MOST_NAMED = 5  # texts in a comment


def repaired(file: DataFile) -> tuple[DataFile, pl.LazyFrame]:
    """A file with the options that its cells call for, and all columns so read."""
    if file.source is not Csv:
        return file, file.frame
    file, frame = _without_ragged(file)
    for step in (_with_texts, _with_missing_numbers):
        better = step(file, frame)
        if better != file:
            file, frame = better, better.frame
    return file, frame


def _without_ragged(file: DataFile) -> tuple[DataFile, pl.LazyFrame]:
    """The file, and its columns: without the rows of too few or too many cells, if they are few;
    a DataError at the first of many.
    """
    import polars as pl

    skipping = file.with_options({"on_error": "skip"}).read_source()
    table = CsvTable(skipping, file.path)  # type: ignore[arg-type]
    raw = table.read(table.names, {})
    frame = pl.DataFrame([column.values for column in raw.columns.values()]).lazy()
    if not raw.ragged:
        return file, frame
    if len(raw.ragged) > _MOST_RAGGED * frame.select(pl.len()).collect().item():
        return file, file.frame
    (line, reason), more = raw.ragged[0], len(raw.ragged) - 1
    others = f", and {more:,} more rows are alike" if more else ""
    reason = (
        f"rows with other cells are left out: {visible(file.path.name)}:{line}: {reason}{others}"
    )
    return file.with_options({"on_error": "skip"}, reason), frame


def _with_texts(file: DataFile, frame: pl.LazyFrame) -> DataFile:
    """The file with the options that follow from its columns of text."""
    import polars as pl

    schema = frame.collect_schema()
    texts = _texts(frame, [name for name, kind in schema.items() if kind == pl.String])
    comma = file.layout.options.get("separator", ",") != ","
    has_points = any(kind.is_float() for kind in schema.values())
    found = number_texts(texts, has_points=has_points, prefers_comma=comma)
    options, reasons = _marks(found.format)
    units = {name: one.unit for name, one in found.columns.items() if one.unit}
    better = file.with_options(options, *reasons)._replace(units=units)
    return _with_missing(better, list(dict.fromkeys(_missing_texts(texts, found))), "")


def _with_missing_numbers(file: DataFile, frame: pl.LazyFrame) -> DataFile:
    """The file with the numbers among its cells that mean that there is none."""
    found = _missing_numbers(frame, frame.collect_schema())
    return _with_missing(file, found, ", far from all other numbers")


def _with_missing(file: DataFile, texts: Sequence[str], why: str) -> DataFile:
    if not texts:
        return file
    known = file.layout.options.get("missing", MISSING)
    options = {"missing": [*known, *(one for one in texts if one not in known)]}
    return file.with_options(options, f"a cell is missing where it holds {_listed(texts)}{why}")


def _missing_texts(texts: Mapping[str, pl.DataFrame], found: NumberTexts) -> Iterator[str]:
    for name, one in texts.items():
        column = found.columns.get(name)
        yield from column.missing if column else placeholders(one["text"])


def _listed(texts: Sequence[str]) -> str:
    more = ", ..." if len(texts) > _MOST_NAMED else ""
    return ", ".join(map(quoted, texts[:_MOST_NAMED])) + more


def _texts(frame: pl.LazyFrame, names: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The different texts of columns, and the rows of each, the most frequent first."""
    import polars as pl

    counts = [
        frame.select(pl.col(name).alias("text")).drop_nulls().group_by("text", maintain_order=True)
        .agg(pl.len().alias("rows")).sort("rows", descending=True, maintain_order=True)
        for name in names
    ]  # fmt: skip
    return dict(zip(names, pl.collect_all(counts), strict=True))


def _marks(written: NumberFormat) -> tuple[dict[str, Any], list[str]]:
    """The options for the marks in numbers, and why."""
    options: dict[str, Any] = {}
    if written.decimal != ".":
        options["decimal"] = written.decimal
    if written.thousands:
        options["thousands"] = written.thousands
    example = f"1{written.thousands or ''}234{written.decimal}5"
    return options, [f"numbers are written like {example}"] if options else []


def _missing_numbers(frame: pl.LazyFrame, schema: Mapping[str, pl.DataType]) -> list[str]:
    """Numbers such as -999 that recur far from all others, as texts."""
    import polars as pl

    names = [name for name, kind in schema.items() if kind.is_numeric()]
    if not names:
        return []
    bounds = frame.select(
        pl.concat_list(pl.col(name).min(), pl.col(name).max()).cast(pl.List(pl.Float64)).alias(name)
        for name in names
    ).collect()
    ends = {number for name in names for number in bounds[name][0] if number in _MISSING_NUMBERS}
    found = [number for number in ends if _stands_apart(frame, names, number)]
    has_point = any(schema[name].is_float() for name in names)
    return [text for number in sorted(found) for text in _written(number, has_point)]


def _written(number: float, has_point: bool) -> Iterator[str]:
    yield f"{number:.0f}"
    if has_point:
        yield f"{number:.1f}"


def _stands_apart(frame: pl.LazyFrame, names: Sequence[str], number: float) -> bool:
    """Whether a number stands in columns only where it is farther from all others than they are
    from each other, and more than once in one of these.
    """
    import polars as pl

    with_it = frame.select(pl.col(name).eq(number).sum() for name in names).collect().row(0)
    columns = {name: rows for name, rows in zip(names, with_it, strict=True) if rows}
    others = [pl.col(name).filter(pl.col(name) != number) for name in columns]
    ends = frame.select(
        pl.concat_list(one.min(), one.max()).cast(pl.List(pl.Float64)).alias(name)
        for name, one in zip(columns, others, strict=True)
    ).collect()
    pairs = [ends[name][0].to_list() for name in columns]
    apart = (a is not None and min(abs(number - a), abs(number - b)) > b - a > 0 for a, b in pairs)
    return all(apart) and max(columns.values()) > 1
