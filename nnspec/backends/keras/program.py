"""A graph built on Keras: its models, their optimizer, and the engine that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import groupby
from math import prod
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import keras
import numpy as np
from keras import ops

from nnspec.backends.allocator import keep_freed_memory
from nnspec.backends.contract import (
    Array,
    BatchMetrics,
    Indices,
    Program,
    State,
    TrainingSetup,
    Weights,
    batches_of,
    require_setup,
    shape_targets,
)
from nnspec.backends.keras import optimizers
from nnspec.backends.keras.engines import engine_of
from nnspec.backends.keras.engines.base import MOST_STEPS, CompiledTraining, Steps, most_steps
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.randomness import layer_noise

PREDICT_ROWS = 256
Given = ParamSpec("Given")
Result = TypeVar("Result")


class DeviceRows(NamedTuple):
    """Rows on the device."""

    inputs: Tensor
    targets: Tensor


def _in_scope(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorator: the method runs on the program's device and with its type as Keras' own."""

    @wraps(method)
    def wrapped(*args: Given.args, **options: Given.kwargs) -> Result:
        program = cast("KerasProgram", args[0])
        with _scope(program.compute):
            return method(*args, **options)

    return wrapped


@contextmanager
def _scope(compute: ComputeConfig) -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx(compute.dtype.name)
    try:
        with keras.device(f"{compute.device}:0"):
            yield
    finally:
        keras.config.set_floatx(before)


class KerasProgram(Program):
    """Trains and predicts with Keras; `native` is the `keras.Model`."""

    def __init__(
        self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig, engine: str
    ) -> None:
        self.graph, self.setup, self.compute = graph, setup, compute
        self.kind = engine_of(engine)
        if compute.device == "cpu":
            keep_freed_memory()
        self.step = 0
        self._build()

    @_in_scope
    def _build(self) -> None:
        exact = self.compute.precision == "exact"
        rounded = self.kind.rounded if exact else lambda value: value
        arithmetic = Numerics(self.compute.dtype.name, rounded)
        self.network = GraphModels(self.graph, self.setup, arithmetic)
        self.native = self.network.native
        self.variables = self.network.variables()
        if self.setup:
            self._prepare_training(self.setup, arithmetic)

    def _prepare_training(self, setup: TrainingSetup, arithmetic: Numerics) -> None:
        self.trained = [name for name, weight in self.graph.weights() if weight.trainable]
        variables = [self.variables[name] for name in self.trained]
        if self.compute.precision == "exact":
            for variable in variables:  # Keras applies it after each update
                variable.constraint = lambda changed: arithmetic.rounded(changed.value)
        self.made = optimizers.make(setup.optimizer, variables, arithmetic)
        objective = LossAndMetrics(self.graph, setup, self.network.head, arithmetic)
        self.engine = self.kind(
            CompiledTraining(self.network, objective, self.made.optimizer, variables)
        )

    @_in_scope
    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: _copy(variable) for name, variable in self.variables.items()}

    @_in_scope
    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        for name, variable in self.variables.items():
            variable.assign(self._typed(weights[name]))

    @_in_scope
    def state(self) -> State:
        """Updates made, and copies of the slots."""
        slots = {slot: {n: _copy(v) for n, v in pairs} for slot, pairs in self._slots()}
        return State(self.step, slots)

    @_in_scope
    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.step = state.step
        if self.setup:
            self.made.optimizer.iterations.assign(state.step)
        for slot, pairs in self._slots():
            for name, variable in pairs:
                variable.assign(self._typed(state.slots[slot][name]))

    @_in_scope
    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """The rows in the program's type; targets shaped as predictions where they only lack 1s."""
        rows = self._typed(inputs), self._typed(shape_targets(targets, self.graph, self.setup))
        return DeviceRows(*map(self.engine.put, rows))

    @_in_scope
    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """One update for each batch."""
        sums = []
        for some in _portions(batches, self._limit):
            sums.append(self.engine.train(*device_rows, self._steps(some)))
            self.step += len(some)
        return self._figures(batches, sums)

    @_in_scope
    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The figures without training."""
        portions = _portions(batches, lambda _: MOST_STEPS)
        sums = [self.engine.evaluate(*device_rows, _matrix(some)) for some in portions]
        return self._figures(batches, sums)

    @_in_scope
    def predict(self, inputs: Array) -> Array:
        """The network's output, computed in portions."""
        x = self._typed(inputs)
        found = [self.native.predict_on_batch(x[b]) for b in batches_of(len(x), PREDICT_ROWS)]
        empty = np.empty((0, *self.graph.output_shape), self.compute.dtype)
        return np.concatenate(found) if found else empty

    @_in_scope
    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """The gradient of the batch's mean loss for each trained weight."""
        kept = [(v, _copy(v)) for v in self.network.learner.non_trainable_variables]
        found = self.engine.gradients(*device_rows, self._steps([batch]))
        for variable, value in kept:
            variable.assign(value)
        return dict(zip(self.trained, found, strict=True))

    def _steps(self, batches: Sequence[Indices]) -> Steps:
        """What the coming steps on batches of one size need."""
        rows, count = len(batches[0]), len(batches)
        steps = range(self.step, self.step + count)
        rates = np.array([require_setup(self.setup).optimizer.rate(step) for step in steps])
        drawn = [
            np.stack([self._noise(name, rows, step) for step in steps])
            for name in self.network.drawings
        ]
        rates = rates.astype(self.compute.dtype)
        return Steps(_matrix(batches), rates, drawn)

    def _noise(self, name: str, rows: int, step: int) -> Array:
        declared = self.network.drawings[name].noise
        drawn = layer_noise.draw_noise(declared, rows, self.compute.seed, name, step)
        return drawn if declared.kind == "keep" else drawn.astype(self.compute.dtype)

    def _limit(self, rows: int) -> int:
        """The most steps of one call on batches of a size."""
        inputs = [drawing.input for drawing in self.network.drawings.values()]
        sizes = (prod(x.shape[1:]) * (1 if x.dtype == "bool" else 8) for x in inputs)
        return most_steps(rows * sum(sizes))

    def _slots(self) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
        for slot in self.setup.optimizer.slots if self.setup else ():
            yield slot, list(zip(self.trained, self.made.variables(slot), strict=True))

    def _figures(self, batches: Sequence[Indices], sums: Sequence[Array]) -> BatchMetrics:
        names = require_setup(self.setup).names
        columns = np.concatenate([np.empty((0, len(names))), *sums]).T
        return BatchMetrics(tuple(map(len, batches)), dict(zip(names, columns, strict=True)))

    def _typed(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.compute.dtype)


def _portions(
    batches: Sequence[Indices], limit: Callable[[int], int]
) -> Iterator[Sequence[Indices]]:
    """Runs of batches of one size, none longer than the limit for that size."""
    for rows, run in groupby(batches, key=len):
        some, most = list(run), limit(rows)
        yield from (some[start : start + most] for start in range(0, len(some), most))


def _matrix(batches: Sequence[Indices]) -> Any:
    return np.stack(batches).astype(np.int32)


def _copy(variable: Any) -> Array:
    return np.array(ops.convert_to_numpy(variable.value))
