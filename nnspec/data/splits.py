"""Training, validation and test rows of a spec's data, before preprocessing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnspec.data.located_errors import at
from nnspec.data.preprocessing.fitted import data_of
from nnspec.data.sources import Raw, Table, read
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec, ValidationSplit


class Parts(NamedTuple):
    """The rows by what they are for."""

    train: Table
    validation: Table | None
    test: Table | None

    def map(self, change: Callable[[Table], Table]) -> Parts:
        """Each part that there is, changed."""
        validation, test = (part and change(part) for part in (self.validation, self.test))
        return Parts(change(self.train), validation, test)


def split(raw: Raw, how: ValidationSplit | None, seed: int) -> Parts:
    """The training rows without those for validation: the last ones, or drawn by the seed."""
    if how is None:
        return Parts(raw.train, None, raw.test)
    rows = raw.train.rows
    taken = round(rows * how.fraction)
    if taken in (0, rows):
        left = "none to validate with" if not taken else "none to train on"
        raise DataError(f"validation_split of {rows:,} rows leaves {left}")
    order = np.arange(rows)
    if how.select == "random":
        order = philox.order(rows, seed, "validation_split")
    train, validation = (np.sort(part) for part in np.split(order, [rows - taken]))
    return Parts(raw.train.take(train), raw.train.take(validation), raw.test)


def load(spec: Spec) -> Parts:
    """The raw rows of a spec's data, split."""
    with at(spec.locate("data", "source")):
        raw = read(data_of(spec).source, spec.folder)
    with at(spec.locate("train", "validation_split")):
        return split(raw, spec.train.validation_split, spec.train.seed)


def digest(parts: Parts) -> str:
    """SHA-256 over the types, shapes and bytes of all raw rows."""
    total = hashlib.sha256()
    for part in parts:
        for array in part or ():
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()
