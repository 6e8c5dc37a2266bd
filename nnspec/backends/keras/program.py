"""The program of the Keras backend: trains, evaluates and predicts on one engine."""

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
from nnspec.backends.keras.engines.base import (
    MAX_STEPS_PER_CALL,
    EngineSetup,
    StepInputs,
    max_steps_per_call,
)
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.randomness import layer_noise

PREDICT_BATCH_ROWS = 256
Params = ParamSpec("Params")
Result = TypeVar("Result")


class DeviceRows(NamedTuple):
    """Inputs and targets on the device, in the program's dtype."""

    inputs: Tensor
    targets: Tensor


def _in_scope(method: Callable[Params, Result]) -> Callable[Params, Result]:
    """Decorate a method to run on the program's device, with its dtype as Keras' `floatx`."""

    @wraps(method)
    def wrapped(*args: Params.args, **options: Params.kwargs) -> Result:
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
    """A graph on Keras; `native` is the `keras.Model`."""

    def __init__(
        self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig, engine: str
    ) -> None:
        self.graph, self.setup, self.compute = graph, setup, compute
        self.engine_class = engine_of(engine)
        if compute.device == "cpu":
            keep_freed_memory()
        self.step = 0
        self._build()

    @_in_scope
    def _build(self) -> None:
        exact = self.compute.precision == "exact"
        round_weight = self.engine_class.round_to_float32 if exact else lambda value: value
        numerics = Numerics(self.compute.dtype.name, round_weight)
        self.models = GraphModels(self.graph, self.setup, numerics)
        self.native = self.models.native
        self.variables = self.models.variables()
        if self.setup:
            self._prepare_training(self.setup, numerics)

    def _prepare_training(self, setup: TrainingSetup, numerics: Numerics) -> None:
        self.trained = [name for name, weight in self.graph.weights() if weight.trainable]
        variables = [self.variables[name] for name in self.trained]
        if self.compute.precision == "exact":
            for variable in variables:  # Keras applies constraints after each update
                variable.constraint = lambda updated: numerics.round_weight(updated.value)
        self.optimizer = optimizers.build_optimizer(setup.optimizer, variables, numerics)
        fused_activation = self.models.fused_activation
        objective = LossAndMetrics(self.graph, setup, fused_activation, numerics)
        self.engine = self.engine_class(
            EngineSetup(self.models, objective, self.optimizer.native, variables)
        )

    @_in_scope
    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: _to_array(variable) for name, variable in self.variables.items()}

    @_in_scope
    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        for name, variable in self.variables.items():
            variable.assign(self._as_dtype(weights[name]))

    @_in_scope
    def state(self) -> State:
        """The number of updates made, and copies of the slots."""
        slots = {slot: {n: _to_array(v) for n, v in pairs} for slot, pairs in self._slots()}
        return State(self.step, slots)

    @_in_scope
    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.step = state.step
        if self.setup:
            self.optimizer.native.iterations.assign(state.step)
        for slot, pairs in self._slots():
            for name, variable in pairs:
                variable.assign(self._as_dtype(state.slots[slot][name]))

    @_in_scope
    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """Copy rows to the device; axes of size 1 are added to or dropped from the targets."""
        rows = (
            self._as_dtype(inputs),
            self._as_dtype(shape_targets(targets, self.graph, self.setup)),
        )
        return DeviceRows(*map(self.engine.to_device, rows))

    @_in_scope
    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Make one update for each batch; return the metrics from before each update."""
        sums = []
        for chunk in _chunks(batches, self._max_steps):
            sums.append(self.engine.train(*device_rows, self._step_inputs(chunk)))
            self.step += len(chunk)
        return self._batch_metrics(batches, sums)

    @_in_scope
    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""
        chunks = _chunks(batches, lambda _: MAX_STEPS_PER_CALL)
        sums = [self.engine.evaluate(*device_rows, _index_matrix(chunk)) for chunk in chunks]
        return self._batch_metrics(batches, sums)

    @_in_scope
    def predict(self, inputs: Array) -> Array:
        """Compute the network's output, in chunks of rows."""
        x = self._as_dtype(inputs)
        outputs = [
            self.native.predict_on_batch(x[rows]) for rows in batches_of(len(x), PREDICT_BATCH_ROWS)
        ]
        empty = np.empty((0, *self.graph.output_shape), self.compute.dtype)
        return np.concatenate(outputs) if outputs else empty

    @_in_scope
    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Compute the gradient of the batch's mean loss for each trained weight.

        A forward pass in training mode updates running statistics; so these are restored.
        """
        statistics = [(v, _to_array(v)) for v in self.models.training_model.non_trainable_variables]
        gradients = self.engine.gradients(*device_rows, self._step_inputs([batch]))
        for variable, value in statistics:
            variable.assign(value)
        return dict(zip(self.trained, gradients, strict=True))

    def _step_inputs(self, batches: Sequence[Indices]) -> StepInputs:
        """Row indices, learning rates and noise of the next steps, on batches of one size."""
        rows, count = len(batches[0]), len(batches)
        steps = range(self.step, self.step + count)
        rates = np.array([require_setup(self.setup).optimizer.rate(step) for step in steps])
        noise = [
            np.stack([self._noise(name, rows, step) for step in steps])
            for name in self.models.noise_inputs
        ]
        rates = rates.astype(self.compute.dtype)
        return StepInputs(_index_matrix(batches), rates, noise)

    def _noise(self, name: str, rows: int, step: int) -> Array:
        declared = self.models.noise_inputs[name].noise
        noise = layer_noise.draw_noise(declared, rows, self.compute.seed, name, step)
        return noise if declared.kind == "bernoulli" else noise.astype(self.compute.dtype)

    def _max_steps(self, rows: int) -> int:
        """The largest number of steps per call on batches of `rows`."""
        inputs = [noise_input.input for noise_input in self.models.noise_inputs.values()]
        sizes = (prod(x.shape[1:]) * (1 if x.dtype == "bool" else 8) for x in inputs)
        return max_steps_per_call(rows * sum(sizes))

    def _slots(self) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
        for slot in self.setup.optimizer.slots if self.setup else ():
            yield slot, list(zip(self.trained, self.optimizer.variables(slot), strict=True))

    def _batch_metrics(self, batches: Sequence[Indices], sums: Sequence[Array]) -> BatchMetrics:
        names = require_setup(self.setup).names
        columns = np.concatenate([np.empty((0, len(names))), *sums]).T
        return BatchMetrics(tuple(map(len, batches)), dict(zip(names, columns, strict=True)))

    def _as_dtype(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.compute.dtype)


def _chunks(batches: Sequence[Indices], limit: Callable[[int], int]) -> Iterator[Sequence[Indices]]:
    """Yield runs of batches of equal size, none longer than the limit for that size."""
    for rows, run in groupby(batches, key=len):
        same_size, most = list(run), limit(rows)
        yield from (same_size[i : i + most] for i in range(0, len(same_size), most))


def _index_matrix(batches: Sequence[Indices]) -> Any:
    return np.stack(batches).astype(np.int32)


def _to_array(variable: Any) -> Array:
    return np.array(ops.convert_to_numpy(variable.value))
