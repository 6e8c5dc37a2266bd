"""Cross-validation: the training rows dealt into folds, each held out once."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.located_errors import at
from nnspec.data.preprocessing.fitted import data_of
from nnspec.data.sources import Table, read
from nnspec.data.splits import Parts
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune


def deal(rows: int, folds: int, seed: int) -> list[Indices]:
    """The rows of each fold, in order; their numbers differ by one at most.

    Every row is in one fold, drawn by the seed. Like scikit-learn's shuffled `KFold` the first
    folds are the larger ones.
    """
    order = philox.order(rows, seed, "folds")
    return [np.sort(fold) for fold in np.array_split(order, folds)]


def held_out(table: Table, fold: Indices) -> Parts:
    """The rows of a fold for validation, all others for training."""
    others = np.setdiff1d(np.arange(table.rows), fold, assume_unique=True)
    return Parts(table.take(others), table.take(fold), None)


def table_of(spec: Spec, tune: Tune) -> Table:
    """The raw training rows that are dealt; a DataError where there are too few."""
    with at(spec.locate("data", "source")):
        train = read(data_of(spec).source, spec.folder).train
    with at(spec.locate("tune", "rows")):
        if (tune.rows or 0) > train.rows:
            raise DataError(f"tune: rows is {tune.rows:,} and there are {train.rows:,} rows")
    table = train.take(slice(tune.rows))
    with at(spec.locate("tune", "folds")):
        if tune.folds > table.rows:
            raise DataError(f"tune: {tune.folds} folds of {table.rows:,} rows")
    return table
