"""The fitted preprocessing of inputs and targets.

It is fitted on training rows alone, without those for validation, and applied to all.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.data.preprocessing.pipeline import Fitted, Placed
from nnspec.data.preprocessing.transforms import Array
from nnspec.data.sources import Table
from nnspec.errors import DataError
from nnspec.spec.document import Data, Spec

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


def chain(spec: Spec, side: Side) -> list[Placed]:
    """The steps of a side with their places."""
    written = getattr(data_of(spec), side)
    return [Placed(step, spec.locate("data", side, i)) for i, step in enumerate(written)]


def data_of(spec: Spec) -> Data:
    """The data section; a DataError where the spec has none."""
    if spec.data is None:
        raise DataError("the spec has no data section", "add data: {source: ...}")
    return spec.data
