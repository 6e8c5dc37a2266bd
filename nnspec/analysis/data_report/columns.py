"""Summaries of raw columns and arrays: type, missing values, range, mean, frequent values."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.analysis.data_report.model import CategoryCount, ColumnReport
from nnspec.backends.arrays import Array, by_name
from nnspec.data.column_types import date_text, is_missing, type_name
from nnspec.data.rows import Rows

BINS = 16
_FEW = 12  # different whole numbers that are counted like categories
_SHOWN = 12  # categories that a summary keeps
_CHUNK_NUMBERS = 1 << 20
_HISTOGRAM_NUMBERS = 1 << 18  # of an array, evenly taken


class _Moments(NamedTuple):
    """How many finite numbers there are, their extremes, mean and standard deviation."""

    numbers: int
    least: float
    greatest: float
    mean: float
    std: float


def column_summaries(rows: Rows) -> Iterator[ColumnReport]:
    """A summary of each array of the inputs and the targets."""
    for side, values in rows.sides.items():
        for name, array in by_name(values, side).items():
            yield _summary(side, name, np.asarray(array))  # one that is on disk is read


def text_of(value: Any) -> str:
    """A number, text or date as a cell shows it; empty where it is missing."""
    plain = np.asarray(value)
    if plain.ndim:
        return f"{' x '.join(map(str, plain.shape))} {type_name(plain.dtype)}"
    if plain.dtype.kind == "M":
        return "" if np.isnat(plain) else date_text(plain)
    if plain.dtype.kind in "fc":
        return "" if np.isnan(plain) else f"{float(plain):.6g}"
    return str(plain.item() if plain.dtype.kind != "T" else value)


def counted(values: Array) -> list[CategoryCount]:
    """Each different value with its number of rows, the most frequent first."""
    different, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [CategoryCount(text_of(different[i]), int(counts[i])) for i in order]


def _summary(side: str, name: str, array: Array) -> ColumnReport:
    kind, missing = array.dtype.kind, 0
    one = ColumnReport(side, name, type_name(array.dtype), array.shape[1:], missing)
    if kind in "TM":
        known = array[~is_missing(array)]
        one = one._replace(missing=array.size - len(known))
        return _text(one, known) if kind == "T" else _dates(one, known)
    return _numbers(one, array)


def _text(one: ColumnReport, known: Array) -> ColumnReport:
    found = counted(known)
    return one._replace(distinct=len(found), categories=tuple(found[:_SHOWN]))


def _dates(one: ColumnReport, known: Array) -> ColumnReport:
    if not len(known):
        return one
    return one._replace(
        least=text_of(known.min()),
        greatest=text_of(known.max()),
        histogram=_histogram(known.astype(np.int64)),
    )


def _numbers(one: ColumnReport, array: Array) -> ColumnReport:
    with np.errstate(over="ignore", invalid="ignore"):
        moments = _moments(array)
    one = one._replace(missing=array.size - moments.numbers)
    if not moments.numbers:
        return one
    one = one._replace(
        least=text_of(moments.least),
        greatest=text_of(moments.greatest),
        mean=moments.mean,
        std=moments.std,
        histogram=_histogram(_some(array)),
    )
    return _few(one, array) if array.ndim == 1 or array.shape[1:] == (1,) else one


def _few(one: ColumnReport, array: Array) -> ColumnReport:
    """The summary with the counts of whole numbers that are few different ones."""
    known = array.ravel()[~is_missing(array.ravel())]
    found = np.unique(known)
    if len(found) > _FEW or (found.dtype.kind == "f" and not (found == np.floor(found)).all()):
        return one
    return one._replace(distinct=len(found), categories=tuple(counted(known)))


def _moments(array: Array) -> _Moments:
    """Moments of the finite numbers, in chunks of rows in float64; infinite where they overflow."""
    count, low, high, total = 0, np.inf, -np.inf, 0.0
    for chunk in _chunks(array):
        count, total = count + chunk.size, total + float(chunk.sum())
        if chunk.size:
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
    mean = total / max(count, 1)
    squares = sum(float(np.square(chunk - mean).sum()) for chunk in _chunks(array))
    return _Moments(count, low, high, mean, float(np.sqrt(squares / max(count, 1))))


def _chunks(array: Array) -> Iterator[Array]:
    """The finite numbers of chunks of rows, in float64."""
    size = max(1, _CHUNK_NUMBERS // max(1, prod(array.shape[1:])))
    for start in range(0, len(array), size):
        numbers = array[start : start + size].astype(np.float64)
        yield numbers[np.isfinite(numbers)]


def _some(array: Array) -> Array:
    """The finite numbers of evenly taken rows."""
    step = max(1, array.size // _HISTOGRAM_NUMBERS)
    numbers = array[::step].astype(np.float64).ravel()
    return numbers[np.isfinite(numbers)]


def _histogram(numbers: Array) -> tuple[int, ...]:
    """How many numbers are in each of BINS equal intervals; empty where all are equal."""
    if not len(numbers) or numbers.min() == numbers.max():
        return ()
    with np.errstate(all="ignore"):
        scale = np.abs(numbers).max()
        counts, _ = np.histogram(numbers / scale, bins=BINS)  # a range beyond float64 overflows
    return tuple(map(int, counts))
