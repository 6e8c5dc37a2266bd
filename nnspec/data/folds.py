"""Cross-validation folds of the training rows, each held out once."""

from __future__ import annotations

import numpy as np

from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.reading import read_rows
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits, take_parts
from nnspec.data.splitting.method import Fold
from nnspec.data.splitting.parts import split_method, split_parts
from nnspec.data.splitting.random_rows import RandomSplit
from nnspec.errors import DataError
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune


def assign_folds(spec: Spec, tune: Tune, rows: Rows) -> list[Fold]:
    """The folds of rows, by the method of `data.split` or at random.

    Raises DataError, located in the spec, where rows cannot be dealt so.
    """
    split = require_data(spec).split
    method = split_method(spec, split, rows) if split else RandomSplit()
    with located(spec.locate("tune", "folds")):
        return method.folds(np.arange(rows.rows), tune.folds, (tune.seed, "folds"))


def hold_out(train: Rows, fold: Fold) -> Splits:
    """The rows that a fold is learnt from, for training, and those held out, for validation."""
    held_out = train.take(fold.validation).of("validation")
    return Splits(train.take(fold.train), held_out, None)


def tuning_rows(spec: Spec, tune: Tune) -> Rows:
    """Read the raw rows for cross-validation, without those for the test.

    Raises DataError if there are too few, or they cannot be dealt into folds.
    """
    train = _without_test(spec)
    with located(spec.locate("tune", "rows")):
        if (tune.rows or 0) > train.rows:
            raise DataError(f"tune: rows is {tune.rows:,} and there are {train.rows:,} rows")
    rows = train.take(slice(tune.rows))
    with located(spec.locate("tune", "folds")):
        if tune.folds > rows.rows:
            raise DataError(f"tune: {tune.folds} folds of {rows.rows:,} rows")
    assign_folds(spec, tune, rows)
    return rows


def _without_test(spec: Spec) -> Rows:
    """The training rows, with those for validation: each fold is one."""
    raw, split = read_rows(spec), require_data(spec).split
    if split is None:
        return raw.train
    parts = split_parts(spec, split.replace(validation=None), raw)
    if parts.validation is not None:  # a column's
        both = np.union1d(parts.train, parts.validation)
        parts = parts._replace(train=both, validation=None)
    return take_parts(raw, parts).train
