"""A graph built on NumPy: weights, an optimizer's state, and an engine that computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nnspec.backends.contract import (
    Array,
    Figures,
    Indices,
    Program,
    Recipe,
    Settings,
    State,
    Weights,
    fitted,
)
from nnspec.backends.numpy.engine import Engine, Placed, Slots, Sums
from nnspec.backends.numpy.parameters import Memory, Parameters
from nnspec.backends.numpy.reference.engine import PlainEngine
from nnspec.graph.ir import Graph

MakeEngine = Callable[[Graph, Recipe | None, Memory, Slots], Engine]


class NumpyProgram(Program):
    """Trains and predicts with NumPy; `native` is the memory of weights and gradients."""

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe | None,
        settings: Settings,
        engine: MakeEngine = PlainEngine,
    ) -> None:
        self.graph, self.recipe, self.dtype = graph, recipe, settings.dtype
        rounds = settings.precision == "exact"
        self.native = self.memory = Memory(graph, self.dtype, settings.seed, rounds=rounds)
        self.names = recipe.names if recipe else ()
        self.slots = self._slots(recipe)
        self.engine = engine(graph, recipe, self.memory, self.slots)

    def _slots(self, recipe: Recipe | None) -> Slots:
        shapes = {name: view.shape for name, view in self.memory.trained.views.items()}
        names = recipe.optimizer.slots if recipe else ()
        return {name: Parameters(shapes, self.dtype) for name in names}

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
        with self.engine.at_work():
            sums = self.engine.train(placed, batches)
        return self._collected(batches, sums)

    def evaluate(self, placed: Placed, batches: Sequence[Indices]) -> Figures:
        """The figures without training."""
        engine = self.engine
        with engine.at_work():
            sums = [engine.penalized(engine.evaluate(placed, b), len(b)) for b in batches]
        return self._collected(batches, sums)

    def predict(self, inputs: Array) -> Array:
        """The network's output."""
        with self.engine.at_work():
            return self.engine.predict(self._typed(inputs))

    def gradients(self, placed: Placed, batch: Indices) -> Weights:
        """The gradient of the batch's mean loss for each trained weight."""
        kept = self.memory.kept.flat.copy()  # running statistics follow every forward pass
        try:
            with self.engine.at_work():
                self.engine.differentiate(placed, batch)
        finally:
            self.memory.kept.flat[:] = kept
        return self.memory.gradients.copies()

    def _collected(self, batches: Sequence[Indices], sums: Sequence[Sums]) -> Figures:
        columns = np.array(sums, dtype=np.float64).reshape(len(batches), len(self.names)).T
        return Figures(tuple(map(len, batches)), dict(zip(self.names, columns, strict=True)))

    def _typed(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.dtype)
