"""Cross-validation: the training rows dealt into folds, each held out once."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.sources import Rows, read_source
from nnspec.data.splits import Splits
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune


def assign_folds(rows: int, folds: int, seed: int) -> list[Indices]:
    """The rows of each fold, in order; their numbers differ by one at most.

    Every row is in one fold, drawn by the seed. Like scikit-learn's shuffled `KFold` the first
    folds are the larger ones.
    """
    order = philox.permutation(rows, seed, "folds")
    return [np.sort(fold) for fold in np.array_split(order, folds)]


def hold_out(table: Rows, fold: Indices) -> Splits:
    """The rows of a fold for validation, all others for training."""
    others = np.setdiff1d(np.arange(table.rows), fold, assume_unique=True)
    return Splits(table.take(others), table.take(fold), None)


def tuning_rows(spec: Spec, tune: Tune) -> Rows:
    """The raw training rows that are dealt; a DataError where there are too few."""
    with located(spec.locate("data", "source")):
        train = read_source(require_data(spec).source, spec.folder).train
    with located(spec.locate("tune", "rows")):
        if (tune.rows or 0) > train.rows:
            raise DataError(f"tune: rows is {tune.rows:,} and there are {train.rows:,} rows")
    table = train.take(slice(tune.rows))
    with located(spec.locate("tune", "folds")):
        if tune.folds > table.rows:
            raise DataError(f"tune: {tune.folds} folds of {table.rows:,} rows")
    return table
