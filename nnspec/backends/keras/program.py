"""The program of the Keras backend: trains, evaluates and predicts on one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from itertools import groupby
from math import prod
from typing import Any, ParamSpec, TypeVar, cast

import keras
import numpy as np
from keras import ops

from nnspec.backends.allocator import keep_freed_memory
from nnspec.backends.arrays import Array, Arrays, only, row_count
from nnspec.backends.contract import (
    PREDICTION_ROWS,
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    TrainingSetup,
    Weights,
    batches_of,
    outputs_of_no_rows,
    require_setup,
    target_dtype,
    value_dtype,
)
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.keras.batch_results import BatchResults, DeviceRows
from nnspec.backends.keras.constraints import constraint_function
from nnspec.backends.keras.engines import engine_of
from nnspec.backends.keras.engines.base import (
    Engine,
    EngineSetup,
    StepInputs,
    max_steps_per_call,
)
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics
from nnspec.backends.keras.optimizers.base import build_optimizer
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import Numerics
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.randomness import layer_noise

Params = ParamSpec("Params")
Result = TypeVar("Result")


def _in_scope(method: Callable[Params, Result]) -> Callable[Params, Result]:
    """Decorate a method to run on the program's device, with its dtype as Keras' `floatx`."""

    @wraps(method)
    def wrapped(*args: Params.args, **options: Params.kwargs) -> Result:
        program = cast("KerasProgram", args[0])
        with _scope(program.compute, program.engine_class):
            return method(*args, **options)

    return wrapped


@contextmanager
def _scope(compute: ComputeConfig, engine: type[Engine]) -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx(compute.dtype.name)
    try:
        with keras.device(engine.device_name(compute.device)):
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
        numerics = Numerics.of(self.compute)
        self.models = GraphModels(self.graph, self.setup, numerics)
        self.native = self.models.native
        self.variables = self.models.variables()
        if self.setup:
            self._prepare_training(self.setup, numerics)

    def _prepare_training(self, setup: TrainingSetup, numerics: Numerics) -> None:
        self.trained = [name for name, weight in self.graph.weights() if weight.trainable]
        variables = [self.variables[name] for name in self.trained]
        self.optimizer = build_optimizer(setup.optimizer, variables, numerics)
        activations = self.models.fused_activations
        objective = LossAndMetrics(self.graph, setup, activations, numerics)
        self._constrain(numerics)
        rounded = self._round_weights(variables) if self.compute.precision == "exact" else []
        self.engine = self.engine_class(
            EngineSetup(
                self.models, objective, self.optimizer.native, variables, rounded,
                setup.micro_batch,
            )
        )  # fmt: skip

    def _constrain(self, numerics: Numerics) -> None:
        """Give the variables of constrained weights their constraints."""
        for name, weight in self.graph.weights():
            if weight.constraint and weight.trainable:
                constrain = constraint_function(weight.constraint, numerics)
                self.variables[name].constraint = constrain

    def _round_weights(self, trained: list[Any]) -> list[Any]:
        """Let Keras round trained variables after each update; return those that it does not."""
        for variable in trained:  # Keras applies constraints after each update
            constrain = variable.constraint or ops.convert_to_tensor
            variable.constraint = partial(self._rounded, constrain)
        return list(self.native.non_trainable_variables)

    def _rounded(self, constrain: Callable[[Any], Any], updated: Any) -> Any:
        return self.engine_class.round_to_float32(constrain(updated))

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
            self.optimizer.step.assign(state.step)
        for slot, pairs in self._slots():
            for name, variable in pairs:
                variable.assign(self._as_dtype(state.slots[slot][name]))

    @_in_scope
    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> DeviceRows:
        """Copy rows to the device."""
        setup = require_setup(self.setup)
        typed = {
            o.output: np.ascontiguousarray(targets[o.output], target_dtype(o, self.compute.dtype))
            for o in setup.objectives
        }
        arrays = self._typed(inputs), typed, self._row_weights(weights, row_count(inputs))
        tensors = (map(self.engine.to_device, each.values()) for each in arrays)
        host = {output: typed[output] for output in HostMetrics(setup).outputs}
        return DeviceRows(Rows(*map(tuple, tensors)), host)

    def _row_weights(self, weights: Arrays, rows: int) -> dict[str, Array]:
        """The weights of each objective's rows, 1 where it has none; empty if none has any."""
        outputs = [each.output for each in require_setup(self.setup).objectives] if weights else ()
        ones = np.ones(rows)
        return {output: self._as_dtype(weights.get(output, ones)) for output in outputs}

    @_in_scope
    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Make one update for each batch; return the metrics from before each update."""
        collected = BatchResults(require_setup(self.setup))
        if rates is None:
            rates = self._optimizer_rates(len(batches))
        done = 0
        for chunk in _chunks(batches, self._max_training_steps):
            steps = self._step_inputs(chunk, rates[done : done + len(chunk)])
            collected.add(device_rows, chunk, self.engine.train(device_rows.rows, steps))
            done += len(chunk)
            self.step += len(chunk)
        return collected.metrics()

    @_in_scope
    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""
        collected = BatchResults(require_setup(self.setup))
        for chunk in _chunks(batches, self._max_evaluation_steps):
            results = self.engine.evaluate(device_rows.rows, _index_matrix(chunk))
            collected.add(device_rows, chunk, results)
        return collected.metrics()

    @_in_scope
    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """Compute each output by its name, in chunks of rows."""
        x = self._typed(inputs)
        chunks = [
            self._predict({name: values[rows] for name, values in x.items()})
            for rows in batches_of(row_count(x), PREDICTION_ROWS)
        ]
        empty = outputs_of_no_rows(self.graph, self.compute.dtype)
        return {n: np.concatenate([y, *(chunk[n] for chunk in chunks)]) for n, y in empty.items()}

    def _predict(self, inputs: Arrays) -> Arrays:
        """Call the native model with arrays by the graph's names of inputs."""
        labels = self.models.input_names
        given = {labels[name]: values for name, values in inputs.items()}
        outputs = self.native.predict_on_batch(given if len(given) > 1 else only(given))
        return outputs if isinstance(outputs, dict) else {next(iter(self.graph.outputs)): outputs}

    def _typed(self, inputs: Arrays) -> dict[str, Array]:
        """Arrays of the network's inputs, in the types in which the program reads them."""
        dtype = self.compute.dtype
        return {
            name: np.ascontiguousarray(inputs[name], value_dtype(self.graph, name, dtype))
            for name in self.graph.inputs
        }

    @_in_scope
    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Compute the gradient of the batch's mean loss for each trained weight.

        A forward pass in training mode updates running statistics; so these are restored.
        """
        statistics = [(v, _to_array(v)) for v in self.native.non_trainable_variables]
        steps = self._step_inputs([batch], self._optimizer_rates(1))
        gradients = self.engine.gradients(device_rows.rows, steps)
        for variable, value in statistics:
            variable.assign(value)
        return dict(zip(self.trained, gradients, strict=True))

    def _optimizer_rates(self, count: int) -> Rates:
        """The optimizer's learning rates of the next steps."""
        optimizer = require_setup(self.setup).optimizer
        return [optimizer.rate(step) for step in range(self.step, self.step + count)]

    def _step_inputs(self, batches: Sequence[Indices], rates: Rates) -> StepInputs:
        """Row indices, learning rates and noise of the next steps, on batches of one size."""
        rows, steps = len(batches[0]), range(self.step, self.step + len(batches))
        noise = [
            np.stack([self._noise(name, rows, step) for step in steps])
            for name in self.models.noise
        ]
        return StepInputs(_index_matrix(batches), np.array(rates, self.compute.dtype), noise)

    def _noise(self, name: str, rows: int, step: int) -> Array:
        declared = self.models.noise[name]
        noise = layer_noise.draw_noise(declared, rows, self.compute.seed, name, step)
        return noise if declared.kind == "bernoulli" else noise.astype(self.compute.dtype)

    def _max_training_steps(self, rows: int) -> int:
        """The largest number of updates per call on batches of `rows`."""
        sizes = (
            prod(n.shape) * (1 if n.kind == "bernoulli" else 8) for n in self.models.noise.values()
        )
        return max_steps_per_call(rows * (sum(sizes) + self._prediction_bytes()))

    def _max_evaluation_steps(self, rows: int) -> int:
        """The largest number of batches of `rows` per call."""
        return max_steps_per_call(rows * self._prediction_bytes())

    def _prediction_bytes(self) -> int:
        """Bytes of the predictions of one row that are copied to the host."""
        outputs = HostMetrics(require_setup(self.setup)).outputs
        return sum(8 * prod(self.graph.specs[self.graph.outputs[o]].shape) for o in outputs)

    def _slots(self) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
        for slot in self.setup.optimizer.state_slots if self.setup else ():
            yield slot, list(zip(self.trained, self.optimizer.variables(slot), strict=True))

    def _as_dtype(self, values: Array) -> Array:
        return np.asarray(values, self.compute.dtype, order="C")


def _chunks(batches: Sequence[Indices], limit: Callable[[int], int]) -> Iterator[Sequence[Indices]]:
    """Yield runs of batches of equal size, none longer than the limit for that size."""
    for rows, run in groupby(batches, key=len):
        same_size, most = list(run), limit(rows)
        yield from (same_size[i : i + most] for i in range(0, len(same_size), most))


def _index_matrix(batches: Sequence[Indices]) -> Any:
    return np.stack(batches).astype(np.int32)


def _to_array(variable: Any) -> Array:
    return np.array(ops.convert_to_numpy(variable.value))
