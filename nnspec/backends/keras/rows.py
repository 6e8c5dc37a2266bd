"""Rows of data as tensors of a Keras engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nnspec.backends.keras.rules import Tensor


class Rows(NamedTuple):
    """Tensors of rows: those of the graph's inputs, and of the objectives' targets.

    `weights` (rows) of each objective multiply its losses; there are none where rows count alike.
    """

    inputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]
    weights: tuple[Tensor, ...] = ()

    def map(self, function: Callable[[Tensor], Tensor]) -> Rows:
        """The rows with a function applied to each tensor."""
        return Rows(*(tuple(map(function, tensors)) for tensors in self))
