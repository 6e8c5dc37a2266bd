"""Equal rows on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.lint.findings import Finding
from nnspec.spec.document import Spec
from nnspec.training.leaks.row_hashes import comparable, middles, row_hashes
from nnspec.training.split_path import split_path

_MAX_SHOWN = 3  # pairs of rows
_BY_CHANCE = 5  # times as many equal rows as columns without a relation would have
_MIN_ROWS = 5  # for training; fewer are examples
_DISTINCT = 0.9  # of the values of an only column, where they hardly repeat


def equal_rows(spec: Spec, raw: Splits) -> Iterator[Finding]:
    """Inputs of validation or test rows that are those of training rows.

    Rows of a few columns with few different values repeat without harm: nothing is told where
    there are about as many as columns without a relation would have.
    """
    for part in (raw.validation, raw.test):
        if part is not None and part.rows and raw.train.rows >= _MIN_ROWS:
            yield from _between(spec, raw.train, part)


def _between(spec: Spec, train: Rows, part: Rows) -> Iterator[Finding]:
    pairs = comparable(train.inputs, part.inputs)
    found = _equal(pairs)
    if not len(found) or len(found) <= _BY_CHANCE * _expected(pairs):
        return
    shown = "; ".join(
        f"{row_name(part, row)} is {row_name(train, other)}" for row, other in found[:_MAX_SHOWN]
    )
    more = "; ..." if len(found) > _MAX_SHOWN else ""
    name = part.origin.part or "other"
    count = f"{len(found):,} of {part.rows:,} {name} rows have the inputs of a training row"
    yield Finding(split_path(spec, name), f"{count}: {shown}{more}")


def row_name(rows: Rows, index: int) -> str:
    """`houses.csv:9`, or `test row 7`: a row in its source."""
    origin = rows.origin
    number = origin.number(index)
    return origin.table.row(number) if origin.table else f"{origin.part} row {number:,}"


def _equal(pairs: list[tuple[Array, Array]]) -> Indices:
    """The rows of the other side that are on the first, each with the row there: (found, 2)."""
    first, other = (list(arrays) for arrays in zip(*pairs, strict=True))
    firsts, others = _candidates(first, other)
    hashes, wanted = (
        row_hashes([array[rows] for array in arrays])
        for arrays, rows in ((first, firsts), (other, others))
    )
    is_there = np.isin(wanted, hashes)
    order = np.argsort(hashes, kind="stable")
    same = firsts[order[np.searchsorted(hashes, wanted[is_there], sorter=order)]]
    rows = others[is_there]
    return np.stack([rows, same], axis=1)[_are_equal(pairs, rows, same)]


def _candidates(first: list[Array], other: list[Array]) -> tuple[Indices, Indices]:
    """The rows of both sides whose middles are on the other side too."""
    one, another = (row_hashes(middles(arrays)) for arrays in (first, other))
    return np.flatnonzero(np.isin(one, another)), np.flatnonzero(np.isin(another, one))


def _are_equal(pairs: list[tuple[Array, Array]], rows: Indices, same: Indices) -> Array:
    """Whether rows of the other side are those of the first; missing numbers are equal."""
    equal = np.ones(len(rows), bool)
    for first, other in pairs:
        x, y = first[same], other[rows]
        equal &= ((x == y) | ((x != x) & (y != y))).all(axis=1)
    return equal


def _expected(pairs: list[tuple[Array, Array]]) -> float:
    """How many rows were on both sides if the columns had no relation to each other.

    A single column has none: 0 where its values hardly repeat, otherwise all rows.
    """
    rows, others = len(pairs[0][0]), len(pairs[0][1])
    columns = [column for array, _ in pairs for column in array.T]
    if len(columns) == 1:
        return 0.0 if len(np.unique(columns[0])) > _DISTINCT * rows else float(others)
    combinations = 1.0
    for column in columns:
        combinations *= len(np.unique(column))
        if combinations > rows * others * _BY_CHANCE:
            return 0.0
    return rows * others / combinations
