"""From a spec's data section to rows ready for the network, with nothing leaking into training.

The validation rows are taken away first; the preparation is then fitted on the rows that are
left, and applied to all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec import randomness
from nnspec.data.places import at
from nnspec.data.preparation import Fitted, Placed
from nnspec.data.sources import Raw, Table, read
from nnspec.data.steps import Array
from nnspec.errors import DataError
from nnspec.spec import Data, Spec, ValidationSplit

Side = Literal["inputs", "targets"]


class Preparation(NamedTuple):
    """The fitted preparation of inputs and of targets."""

    inputs: Fitted
    targets: Fitted

    @classmethod
    def fit(cls, spec: Spec, train: Table) -> Preparation:
        """Fit both chains on training rows."""
        return cls(
            Fitted.fit(chain(spec, "inputs"), train.inputs),
            Fitted.fit(chain(spec, "targets"), train.targets),
        )

    def apply(self, table: Table) -> Table:
        """The prepared rows; a DataError where they are not finite numbers."""
        return Table(self.prepared("inputs", table.inputs), self.prepared("targets", table.targets))

    def prepared(self, side: Side, rows: Array) -> Array:
        """The inputs or the targets alone."""
        array: Array = getattr(self, side).apply(rows)
        bad = ~np.isfinite(array)
        if bad.any():
            row = int(np.argwhere(bad)[0][0])
            raise DataError(f"the prepared {side} hold a value that is no number, in row {row}")
        return array

    def plain(self) -> dict[str, Any]:
        """What `preparation.json` holds."""
        return {side: fitted.plain() for side, fitted in self._asdict().items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any], spec: Spec) -> Preparation:
        """The other way round. Raises ValueError where it was not fitted for the spec's steps."""
        return cls(
            Fitted.from_plain(values["inputs"], chain(spec, "inputs")),
            Fitted.from_plain(values["targets"], chain(spec, "targets")),
        )


class Parts(NamedTuple):
    """The rows by what they are for."""

    train: Table
    validation: Table | None
    test: Table | None

    def map(self, change: Callable[[Table], Table]) -> Parts:
        """Each part that there is, changed."""
        validation, test = (part and change(part) for part in (self.validation, self.test))
        return Parts(change(self.train), validation, test)


def chain(spec: Spec, side: Side) -> list[Placed]:
    """The steps of a side with their places."""
    written = getattr(data_of(spec), side)
    return [Placed(step, spec.locate("data", side, i)) for i, step in enumerate(written)]


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
        order = randomness.order(rows, seed, "validation_split")
    train, validation = (np.sort(part) for part in np.split(order, [rows - taken]))
    return Parts(raw.train.take(train), raw.train.take(validation), raw.test)


def load(spec: Spec) -> Parts:
    """The raw rows of a spec's data, split."""
    with at(spec.locate("data", "source")):
        raw = read(data_of(spec).source, spec.folder)
    with at(spec.locate("train", "validation_split")):
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
