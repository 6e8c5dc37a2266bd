"""The reference engine: each layer's rule on the whole batch, in one thread of Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from nnspec.backends.contract import Array, Indices, Recipe, batches_of
from nnspec.backends.numpy.engine import Engine, Placed, Slots, Sums
from nnspec.backends.numpy.evaluation import Judge
from nnspec.backends.numpy.optimizers import Updater
from nnspec.backends.numpy.parameters import Memory
from nnspec.backends.numpy.reference.executor import Network
from nnspec.graph.ir import Graph

PREDICT_ROWS = 256


class PlainEngine(Engine):
    """Computes every formula as it is written."""

    def __init__(self, graph: Graph, recipe: Recipe | None, memory: Memory, slots: Slots) -> None:
        super().__init__(graph, memory)
        self.graph = graph
        self.predictor = _networks(graph, memory, training=False)
        if recipe:
            self.judge = Judge(graph, recipe)
            self.learner = _networks(self.judge.body, memory, training=True)
            self.evaluator = _networks(self.judge.body, memory, training=False)
            flats = {slot: values.flat for slot, values in slots.items()}
            self.updater = Updater(recipe.optimizer, memory.trained, memory.gradients, flats)

    def predict(self, inputs: Array) -> Array:
        """The network's output, computed in portions."""
        portions = [
            self.predictor(len(rows)).forward(inputs[rows]).copy()
            for rows in batches_of(len(inputs), PREDICT_ROWS)
        ]
        empty = np.empty((0, *self.graph.output_shape), inputs.dtype)
        return np.concatenate(portions) if portions else empty

    def evaluate(self, placed: Placed, batch: Indices) -> Sums:
        """Forward and the loss."""
        targets = placed.targets[batch]
        given = self.evaluator(len(batch)).forward(placed.inputs[batch])
        return self.judge.sums(given, targets)

    def learn(self, placed: Placed, batch: Indices) -> Sums:
        """Forward, the loss, and backward."""
        network, targets = self.learner(len(batch)), placed.targets[batch]
        given = network.forward(placed.inputs[batch])
        sums = self.judge.sums(given, targets)
        network.backward(self.judge.gradient(given, targets, len(batch)))
        return sums

    def update(self) -> None:
        """All weights at once."""
        self.updater.update(self.memory.step)


def _networks(graph: Graph, memory: Memory, *, training: bool) -> Callable[[int], Network]:
    """Networks by number of rows: that of full batches, and that of a smaller last one."""

    @lru_cache(maxsize=2)
    def network(rows: int) -> Network:
        return Network(graph, memory, rows, training)

    return network
