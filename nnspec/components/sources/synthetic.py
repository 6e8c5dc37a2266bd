"""Rows drawn from a known function as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from nnspec.components.sources.base import Signatures, Source
from nnspec.components.sources.functions import Function
from nnspec.options.component import Of
from nnspec.options.types import NonNegativeInt, NonNegativeNumber, PositiveInt


class Synthetic(Source, kind="synthetic", primary="function"):
    """Rows drawn at random from a known function: `synthetic: sine`, or with options.

    `noise` is the standard deviation of the function's normal e. The same options give the same
    rows on every machine: `seed` is their own, apart from the one of `train`. Test rows are drawn
    apart from the training rows; `test_rows: 0` is none.
    """

    function: Annotated[Function, Of("function")]
    rows: PositiveInt = 1000
    test_rows: NonNegativeInt = 1000
    noise: NonNegativeNumber = 0.1
    seed: NonNegativeInt = 0

    example = "{synthetic: {function: {linear: [1, 2, -3, 0.5]}, rows: 200, noise: 0.5}}"

    def signatures(self, folder: Path) -> Signatures:
        """What the function says."""
        return Signatures(self.function.inputs, self.function.targets)
