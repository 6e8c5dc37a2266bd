"""The values of a report on data: sizes, columns, classes, preparation, first rows, advice."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.data.rows import Refusal
from nnspec.errors import Problem
from nnspec.options.types import Shape


class PartReport(NamedTuple):
    """A part of the data, such as `training`, and its number of rows."""

    name: str
    rows: int


class CategoryCount(NamedTuple):
    """A value of a column, and how many rows have it."""

    value: str
    rows: int


class ColumnReport(NamedTuple):
    """A column of a table or an array of a source, over the training rows.

    Numbers have `least`, `greatest`, `mean`, `std` and a histogram over equal intervals from the
    least to the greatest; dates have the first two. Categories are the most frequent values.
    """

    side: str  # inputs or targets
    name: str
    type: str
    shape: Shape  # of a row
    missing: int
    least: str = ""
    greatest: str = ""
    mean: float | None = None
    std: float | None = None
    histogram: tuple[int, ...] = ()
    distinct: int | None = None  # number of different values, where they are counted
    categories: tuple[CategoryCount, ...] = ()


class ClassBalance(NamedTuple):
    """How many rows of each part are of each class of a target: counts[class][part]."""

    target: str
    classes: tuple[str, ...]
    parts: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class FittedStep(NamedTuple):
    """A step of the preparation of some columns, and what it has learnt, in words."""

    columns: str
    step: str
    state: tuple[str, ...]


class RowTable(NamedTuple):
    """First rows as texts, below the names of their columns; `more` columns are left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


class Picture(NamedTuple):
    """An image of a training row, and its target in words."""

    label: str
    image: Array


class DataReport(NamedTuple):
    """What the data of a spec are; `problems` is why they cannot be prepared, if so."""

    name: str
    source: str
    parts: tuple[PartReport, ...]
    split: str  # how validation rows are chosen, in words
    columns: tuple[ColumnReport, ...]
    balances: tuple[ClassBalance, ...]
    steps: tuple[FittedStep, ...]
    before: RowTable
    after: tuple[RowTable, ...]
    pictures: tuple[Picture, ...]
    refused: tuple[Refusal, ...]
    advice: tuple[Problem, ...]
    problems: tuple[Problem, ...] = ()
