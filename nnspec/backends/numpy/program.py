"""A graph built on NumPy: weights, an optimizer's state, and networks for batch sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nnspec.backends.base import (
    Array,
    Figures,
    Indices,
    Program,
    Recipe,
    Settings,
    State,
    Weights,
    batches_of,
    fitted,
    split_head,
)
from nnspec.backends.numpy.losses import Outcome, measure
from nnspec.backends.numpy.metrics import per_row
from nnspec.backends.numpy.network import Network
from nnspec.backends.numpy.optimizers import Updater
from nnspec.backends.numpy.penalty import Penalty
from nnspec.backends.numpy.workspace import Memory, Parameters
from nnspec.graph import Graph

PREDICT_ROWS = 256
Sums = list[float]  # over a batch's rows: the loss, then the metrics


class Placed(NamedTuple):
    """Rows in the program's type."""

    inputs: Array
    targets: Array


class NumpyProgram(Program):
    """Trains and predicts with NumPy; `native` is the memory of weights and gradients."""

    def __init__(self, graph: Graph, recipe: Recipe | None, settings: Settings) -> None:
        self.graph, self.recipe, self.dtype = graph, recipe, settings.dtype
        self.native = self.memory = Memory(graph, self.dtype, settings.seed)
        self.rounds = settings.precision == "exact"
        self.slots: dict[str, Parameters] = {}
        self.predictor = _networks(graph, self.memory, training=False)
        if recipe:
            self._prepare_training(recipe)

    def _prepare_training(self, recipe: Recipe) -> None:
        body, head = split_head(self.graph, recipe.loss)
        self.learner = _networks(body, self.memory, training=True)
        self.evaluator = _networks(body, self.memory, training=False)
        self.measure = measure(recipe.loss, head is not None)
        self.metrics = {metric.kind: per_row(metric) for metric in recipe.metrics}
        trained = self.memory.trained
        shapes = {name: view.shape for name, view in trained.views.items()}
        self.slots = {slot: Parameters(shapes, self.dtype) for slot in recipe.optimizer.slots}
        flats = {slot: values.flat for slot, values in self.slots.items()}
        self.updater = Updater(recipe.optimizer, trained, self.memory.gradients, flats)
        self.penalty = Penalty(self.graph, self.memory)

    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: self.memory.weight(name).copy() for name, _ in self.graph.weights()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        self.memory.trained.fill(weights)
        self.memory.kept.fill(weights)

    def state(self) -> State:
        """Updates made, and copies of the slots."""
        return State(
            self.memory.step, {slot: values.copies() for slot, values in self.slots.items()}
        )

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.memory.step = state.step
        for slot, values in self.slots.items():
            values.fill(state.slots[slot])

    def place(self, inputs: Array, targets: Array) -> Placed:
        """The rows in the program's type; targets shaped as predictions where they only lack 1s."""
        return Placed(self._typed(inputs), self._typed(fitted(targets, self.graph, self.recipe)))

    def train(self, placed: Placed, batches: Sequence[Indices]) -> Figures:
        """One update for each batch."""
        return self._collected(batches, [self._trained(placed, batch) for batch in batches])

    def evaluate(self, placed: Placed, batches: Sequence[Indices]) -> Figures:
        """The figures without training."""
        return self._collected(batches, [self._evaluated(placed, batch) for batch in batches])

    def predict(self, inputs: Array) -> Array:
        """The network's output, computed in portions."""
        x = self._typed(inputs)
        portions = [
            self.predictor(len(b)).forward(x[b]).copy() for b in batches_of(len(x), PREDICT_ROWS)
        ]
        empty = np.empty((0, *self.graph.output_shape), self.dtype)
        return np.concatenate(portions) if portions else empty

    def gradients(self, placed: Placed, batch: Indices) -> Weights:
        """The gradient of the batch's mean loss for each trained weight."""
        kept = self.memory.kept.flat.copy()  # running statistics follow every forward pass
        self._learn(placed, batch)
        self.memory.kept.flat[:] = kept
        return self.memory.gradients.copies()

    def _trained(self, placed: Placed, batch: Indices) -> Sums:
        sums = self._learn(placed, batch)
        self.updater.update(self.memory.step)
        self.memory.step += 1
        if self.rounds:
            self._round()
        return sums

    def _evaluated(self, placed: Placed, batch: Indices) -> Sums:
        given = self.evaluator(len(batch)).forward(placed.inputs[batch])
        return self._sums(self.measure(given, placed.targets[batch]), placed.targets[batch])

    def _learn(self, placed: Placed, batch: Indices) -> Sums:
        """Forward, loss and backward: the gradients are in memory afterwards."""
        network = self.learner(len(batch))
        targets = placed.targets[batch]
        outcome = self.measure(network.forward(placed.inputs[batch]), targets)
        sums = self._sums(outcome, targets)
        network.backward(outcome.gradient)
        self.penalty.add_gradients()
        return sums

    def _sums(self, outcome: Outcome, targets: Array) -> Sums:
        figures = (figure(outcome.predictions, targets) for figure in self.metrics.values())
        sums = [float(rows.sum(dtype=np.float64)) for rows in (outcome.losses, *figures)]
        sums[0] += len(outcome.losses) * self.penalty.value()
        return sums

    def _collected(self, batches: Sequence[Indices], sums: Sequence[Sums]) -> Figures:
        names = ["loss", *self.metrics]
        columns = np.array(sums, dtype=np.float64).reshape(len(batches), len(names)).T
        return Figures(tuple(map(len, batches)), dict(zip(names, columns, strict=True)))

    def _round(self) -> None:
        """Put every weight on the float32 grid, as each backend does for `exact`."""
        for values in (self.memory.trained, self.memory.kept):
            values.flat[:] = values.flat.astype(np.float32)

    def _typed(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.dtype)


def _networks(graph: Graph, memory: Memory, *, training: bool) -> Callable[[int], Network]:
    """Networks by number of rows: that of full batches, and that of a smaller last one."""

    @lru_cache(maxsize=2)
    def network(rows: int) -> Network:
        return Network(graph, memory, rows, training)

    return network
