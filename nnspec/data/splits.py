"""Training, validation and test rows of a spec's data, before preprocessing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.sources import RawSplits, Rows, read_source
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec, ValidationSplit


class Splits(NamedTuple):
    """The rows by what they are for."""

    train: Rows
    validation: Rows | None
    test: Rows | None

    def map(self, change: Callable[[Rows], Rows]) -> Splits:
        """Each part that there is, changed."""
        validation, test = (part and change(part) for part in (self.validation, self.test))
        return Splits(change(self.train), validation, test)


def split_rows(raw: RawSplits, how: ValidationSplit | None, seed: int) -> Splits:
    """The training rows without those for validation: the last ones, or drawn by the seed."""
    if how is None:
        return Splits(raw.train, None, raw.test)
    rows = raw.train.rows
    taken = round(rows * how.fraction)
    if taken in (0, rows):
        left = "none to validate with" if not taken else "none to train on"
        raise DataError(f"validation_split of {rows:,} rows leaves {left}")
    order = np.arange(rows)
    if how.select == "random":
        order = philox.permutation(rows, seed, "validation_split")
    train, validation = (np.sort(part) for part in np.split(order, [rows - taken]))
    return Splits(raw.train.take(train), raw.train.take(validation), raw.test)


def load_splits(spec: Spec) -> Splits:
    """The raw rows of a spec's data, split."""
    with located(spec.locate("data", "source")):
        raw = read_source(require_data(spec).source, spec.folder)
    with located(spec.locate("train", "validation_split")):
        return split_rows(raw, spec.train.validation_split, spec.train.seed)


def data_sha256(parts: Splits) -> str:
    """SHA-256 over the types, shapes and bytes of all raw rows."""
    total = hashlib.sha256()
    for part in parts:
        for array in part or ():
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()
