"""All weights of a NumPy program in one flat array, with their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.contract import Array, Weights
from nnspec.backends.numpy.huge_pages import zeros
from nnspec.graph.ir import Graph
from nnspec.options.types import Shape


class Parameters:
    """Named arrays that are views of one flat array, so that an optimizer works on it whole."""

    def __init__(self, shapes: Mapping[str, Shape], dtype: np.dtype[Any]) -> None:
        self.flat: Array = zeros((sum(map(prod, shapes.values())),), dtype)
        ends = list(accumulate(map(prod, shapes.values()), initial=0))
        self.spans = {name: slice(*ends[n : n + 2]) for n, name in enumerate(shapes)}
        self.views: Weights = {
            name: self.flat[self.spans[name]].reshape(shape) for name, shape in shapes.items()
        }

    def copies(self) -> Weights:
        """A copy of each array."""
        return {name: view.copy() for name, view in self.views.items()}

    def fill(self, values: Mapping[str, Array]) -> None:
        """Overwrite every array."""
        for name, view in self.views.items():
            view[...] = values[name]


class ParameterStore:
    """What a program keeps between updates: weights, gradients, and how many updates there were."""

    def __init__(self, graph: Graph, dtype: np.dtype[Any], seed: int, rounds: bool = False) -> None:
        trained = {name: w.shape for name, w in graph.weights() if w.trainable}
        kept = {name: w.shape for name, w in graph.weights() if not w.trainable}
        self.trained, self.gradients = Parameters(trained, dtype), Parameters(trained, dtype)
        self.kept = Parameters(kept, dtype)  # weights that no gradient changes
        self.step, self.seed, self.rounds = 0, seed, rounds

    def advance(self) -> None:
        """One more update is done; for `exact`, weights go to the float32 grid on every backend."""
        self.step += 1
        for values in (self.trained, self.kept) if self.rounds else ():
            values.flat[:] = values.flat.astype(np.float32)

    def weight(self, name: str) -> Array:
        """The array of a weight, trained or kept."""
        views = self.trained.views
        return views[name] if name in views else self.kept.views[name]
