"""The fitted preprocessing of inputs and targets.

It is fitted on training rows alone, without those for validation, and applied to all.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.registry import Array
from nnspec.data.sources import Rows
from nnspec.errors import DataError
from nnspec.spec.document import Data, Spec

Side = Literal["inputs", "targets"]


class FittedPreprocessing(NamedTuple):
    """The fitted preparation of inputs and of targets."""

    inputs: FittedPipeline
    targets: FittedPipeline

    @classmethod
    def fit(cls, spec: Spec, train: Rows) -> FittedPreprocessing:
        """Fit both chains on training rows."""
        return cls(
            FittedPipeline.fit(located_steps(spec, "inputs"), train.inputs),
            FittedPipeline.fit(located_steps(spec, "targets"), train.targets),
        )

    def apply(self, table: Rows) -> Rows:
        """The prepared rows; a DataError where they are not finite numbers."""
        return Rows(self.prepared("inputs", table.inputs), self.prepared("targets", table.targets))

    def prepared(self, side: Side, rows: Array) -> Array:
        """The inputs or the targets alone."""
        array: Array = getattr(self, side).apply(rows)
        bad = ~np.isfinite(array)
        if bad.any():
            row = int(np.argwhere(bad)[0][0])
            raise DataError(f"the prepared {side} hold a value that is no number, in row {row}")
        return array

    def plain(self) -> dict[str, Any]:
        """What `preprocessing.json` holds."""
        return {side: fitted.plain() for side, fitted in self._asdict().items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any], spec: Spec) -> FittedPreprocessing:
        """The other way round. Raises ValueError where it was not fitted for the spec's steps."""
        return cls(
            FittedPipeline.from_plain(values["inputs"], located_steps(spec, "inputs")),
            FittedPipeline.from_plain(values["targets"], located_steps(spec, "targets")),
        )


def located_steps(spec: Spec, side: Side) -> list[LocatedStep]:
    """The steps of a side with their places."""
    written = getattr(require_data(spec), side)
    return [LocatedStep(step, spec.locate("data", side, i)) for i, step in enumerate(written)]


def require_data(spec: Spec) -> Data:
    """The data section; a DataError where the spec has none."""
    if spec.data is None:
        raise DataError("the spec has no data section", "add data: {source: ...}")
    return spec.data
