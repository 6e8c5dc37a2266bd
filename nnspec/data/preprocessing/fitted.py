"""Fitted preprocessing of inputs and targets.

It is fitted on the training rows, without those for validation, and applied to all rows.
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
    """Fitted pipelines of preprocessing steps for the inputs and the targets."""

    inputs: FittedPipeline
    targets: FittedPipeline

    @classmethod
    def fit(cls, spec: Spec, train: Rows) -> FittedPreprocessing:
        """Fit both pipelines on training rows."""
        return cls(
            FittedPipeline.fit(located_steps(spec, "inputs"), train.inputs),
            FittedPipeline.fit(located_steps(spec, "targets"), train.targets),
        )

    def apply(self, rows: Rows) -> Rows:
        """Preprocess inputs and targets; raise DataError if a result is not finite."""
        return Rows(self.prepared("inputs", rows.inputs), self.prepared("targets", rows.targets))

    def prepared(self, side: Side, rows: Array) -> Array:
        """Preprocess only the inputs or the targets; raise DataError if a result is not finite."""
        array: Array = getattr(self, side).apply(rows)
        bad = ~np.isfinite(array)
        if bad.any():
            row = int(np.argwhere(bad)[0][0])
            raise DataError(f"the prepared {side} hold a value that is no number, in row {row}")
        return array

    def plain(self) -> dict[str, Any]:
        """Plain values for `preprocessing.json`."""
        return {side: pipeline.plain() for side, pipeline in self._asdict().items()}

    @classmethod
    def from_plain(cls, values: dict[str, Any], spec: Spec) -> FittedPreprocessing:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps."""
        return cls(
            FittedPipeline.from_plain(values["inputs"], located_steps(spec, "inputs")),
            FittedPipeline.from_plain(values["targets"], located_steps(spec, "targets")),
        )


def located_steps(spec: Spec, side: Side) -> list[LocatedStep]:
    """Preprocessing steps of the inputs or targets, with their places in the spec."""
    steps = getattr(require_data(spec), side)
    return [LocatedStep(step, spec.locate("data", side, i)) for i, step in enumerate(steps)]


def require_data(spec: Spec) -> Data:
    """Return the data section; raise DataError if the spec has none."""
    if spec.data is None:
        raise DataError("the spec has no data section", "add data: {source: ...}")
    return spec.data
