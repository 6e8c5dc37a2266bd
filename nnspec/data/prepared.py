"""From a spec's data section to rows ready for the network, with nothing leaking into training.

The validation rows are taken away first; the preparation is then fitted on the rows that are
left, and applied to all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnspec import randomness
from nnspec.data.preparation import Fitted
from nnspec.data.sources import Raw, Table, read
from nnspec.errors import DataError
from nnspec.spec import Data, Spec, ValidationSplit


class Preparation(NamedTuple):
    """The fitted preparation of inputs and of targets."""

    inputs: Fitted
    targets: Fitted

    @classmethod
    def fit(cls, data: Data, train: Table) -> Preparation:
        """Fit both chains on training rows."""
        return cls(Fitted.fit(data.inputs, train.inputs), Fitted.fit(data.targets, train.targets))

    def apply(self, table: Table) -> Table:
        """The prepared rows; a DataError where they are not finite numbers."""
        prepared = Table(self.inputs.apply(table.inputs), self.targets.apply(table.targets))
        for name, array in prepared._asdict().items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise DataError(f"the prepared {name} hold a value that is no number, in row {row}")
        return prepared

    def plain(self) -> dict[str, Any]:
        """What `preparation.json` holds."""
        return {name: fitted.plain() for name, fitted in self._asdict().items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Preparation:
        """The other way round."""
        return cls(*(Fitted.from_plain(values[name]) for name in cls._fields))


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
    kept = rows - round(rows * how.fraction)
    if kept in (0, rows):
        raise DataError(f"validation_split leaves {kept} of {rows} rows for training")
    order = np.arange(rows)
    if how.select == "random":
        order = randomness.order(rows, seed, "validation_split")
    train, validation = (np.sort(part) for part in np.split(order, [kept]))
    return Parts(raw.train.take(train), raw.train.take(validation), raw.test)


def load(spec: Spec) -> Parts:
    """The raw rows of a spec's data, split."""
    raw = read(data_of(spec).source, spec.folder)
    return split(raw, spec.train.validation_split, spec.train.seed)


def data_of(spec: Spec) -> Data:
    """The data section; a DataError where the spec has none."""
    if spec.data is None:
        raise DataError("the spec has no data section", "add data: {source: ...}")
    return spec.data


def digest(parts: Parts) -> str:
    """SHA-256 over the types, shapes and bytes of all raw rows."""
    total = hashlib.sha256()
    for part in parts:
        for array in part or ():
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()
