"""The weights of a NumPy program in flat arrays, and their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.batch_parts import BatchPart
from nnspec.backends.contract import Weights
from nnspec.backends.numpy.constraints import constraint_tasks
from nnspec.backends.numpy.huge_pages import zeros
from nnspec.graph.ir import Graph
from nnspec.options.types import Shape


class Parameters:
    """Named arrays that are views of one flat array, which an optimizer updates as a whole."""

    def __init__(self, shapes: Mapping[str, Shape], dtype: np.dtype[Any]) -> None:
        self.flat: Array = zeros((sum(map(prod, shapes.values())),), dtype)
        ends = list(accumulate(map(prod, shapes.values()), initial=0))
        self.spans = {name: slice(*ends[n : n + 2]) for n, name in enumerate(shapes)}
        self.views: Weights = {
            name: self.flat[self.spans[name]].reshape(shape) for name, shape in shapes.items()
        }

    def copies(self) -> Weights:
        """Copies of all arrays by name."""
        return {name: view.copy() for name, view in self.views.items()}

    def fill(self, values: Mapping[str, Array]) -> None:
        """Overwrite every array."""
        for name, view in self.views.items():
            view[...] = values[name]


class ParameterStore:
    """A program's parameters with gradients, buffers, and number of updates made."""

    def __init__(
        self, graph: Graph, dtype: np.dtype[Any], seed: int, round_to_float32: bool = False
    ) -> None:
        trainable = {name: w.shape for name, w in graph.weights() if w.trainable}
        other = {name: w.shape for name, w in graph.weights() if not w.trainable}
        self.parameters, self.gradients = Parameters(trainable, dtype), Parameters(trainable, dtype)
        self.buffers = Parameters(other, dtype)  # without gradients: running statistics
        self.step, self.seed, self.round_to_float32 = 0, seed, round_to_float32
        self.batch_part: BatchPart | None = None  # whose gradients are computed; None: a batch
        self.constraint_tasks = constraint_tasks(graph, self.weight)

    @property
    def changes_updated_weights(self) -> bool:
        """Whether `advance` changes weights."""
        return self.round_to_float32 or bool(self.constraint_tasks)

    def advance(self) -> None:
        """Count an update; constrain weights; for precision `exact`, round all to float32."""
        self.step += 1
        for constrain in self.constraint_tasks:
            constrain()
        for values in (self.parameters, self.buffers) if self.round_to_float32 else ():
            values.flat[:] = values.flat.astype(np.float32)

    def weight(self, name: str) -> Array:
        """The array of a weight: a parameter or a buffer."""
        views = self.parameters.views
        return views[name] if name in views else self.buffers.views[name]
