"""Cross-validation folds of the training rows, each held out once."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.located_errors import located
from nnspec.data.reading import read_rows
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune


def assign_folds(rows: int, folds: int, seed: int) -> list[Indices]:
    """Partition rows at random into folds, whose sizes differ by one at most.

    Each fold holds its row indices in ascending order. As in scikit-learn's shuffled `KFold`, the
    first folds are the larger ones.
    """
    order = philox.permutation(rows, seed, "folds")
    return [np.sort(fold) for fold in np.array_split(order, folds)]


def hold_out(train: Rows, fold: Indices) -> Splits:
    """Split training rows into those of a fold, for validation, and all others, for training."""
    others = np.setdiff1d(np.arange(train.rows), fold, assume_unique=True)
    return Splits(train.take(others), train.take(fold).of("validation"), None)


def tuning_rows(spec: Spec, tune: Tune) -> Rows:
    """Read the raw training rows for cross-validation; raise DataError if there are too few."""
    train = read_rows(spec).train
    with located(spec.locate("tune", "rows")):
        if (tune.rows or 0) > train.rows:
            raise DataError(f"tune: rows is {tune.rows:,} and there are {train.rows:,} rows")
    rows = train.take(slice(tune.rows))
    with located(spec.locate("tune", "folds")):
        if tune.folds > rows.rows:
            raise DataError(f"tune: {tune.folds} folds of {rows.rows:,} rows")
    return rows
