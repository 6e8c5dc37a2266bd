"""Rows drawn from a known function as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from nnspec.components.sources.base import DataSpec, Source
from nnspec.components.sources.functions import Function
from nnspec.options.types import NonNegativeFloat, NonNegativeInt, PositiveInt
from nnspec.options.validation import ComponentField


class Synthetic(Source, kind="synthetic", primary="function"):
    """Rows drawn at random from a known function: `synthetic: sine`, or with options.

    `noise` is the standard deviation of the function's normal e. The same options give the same
    rows on every machine: `seed` is their own, apart from the one of `train`. Test rows are drawn
    apart from the training rows; `test_rows: 0` is none.
    """

    function: Annotated[Function, ComponentField("function")]
    rows: PositiveInt = 1000
    test_rows: NonNegativeInt = 1000
    noise: NonNegativeFloat = 0.1
    seed: NonNegativeInt = 0

    example = "{synthetic: {function: {linear: [1, 2, -3, 0.5]}, rows: 200, noise: 0.5}}"

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the function."""
        return DataSpec(self.function.inputs, self.function.targets)
