"""Conformance suite for backends: every layer, loss and optimizer against the reference.

A backend adopts it with three lines in its own tests:

    @pytest.mark.parametrize("case", conformance.cases(), ids=str)
    def test_conformance(case):
        conformance.check(case, "mine")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.contract import Array, Program, TrainingSetup
from nnspec.components.optimizers.base import Optimizer
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.options import registry
from nnspec.options.types import Shape
from nnspec.options.validation import read_component
from nnspec.randomness import initial_weights, philox
from nnspec.spec.loader import build

REFERENCE = "numpy:reference"
TOLERANCE = 1e-10  # relative to the largest value, in float64
ROWS, UPDATES = 7, 5


class Case(NamedTuple):
    """A small network with a loss and an optimizer, as plain values."""

    name: str
    layers: list[Any]
    input_shape: Shape
    loss: Any = "half_squared_error"
    optimizer: Any = "sgd"

    def __str__(self) -> str:
        return self.name

    def graph(self) -> Graph:
        """Compile the network."""
        network = {"input_shape": list(self.input_shape), "layers": self.layers}
        return compile_spec(build({"name": "case", "network": network}))

    def setup(self) -> TrainingSetup:
        """Build the loss and the optimizer."""
        loss, optimizer = (
            read_component("loss", self.loss),
            read_component("optimizer", self.optimizer),
        )
        return TrainingSetup(loss, optimizer)  # type: ignore[arg-type]


class Trajectory(NamedTuple):
    """Outputs, gradients, losses and weights that a backend computes for a case."""

    weights: dict[str, Array]  # at the start
    outputs: Array
    gradients: dict[str, Array]
    losses: Array  # of each update
    trained: dict[str, Array]  # weights after the updates


class DifferenceError(AssertionError):
    """A backend's results differ from the reference."""


def cases() -> list[Case]:
    """One case for each example of a layer, each loss and each optimizer in the registry."""
    return [*_layer_cases(), *_loss_cases(), *_optimizer_cases()]


def check(case: Case, backend: str, reference: str = REFERENCE) -> None:
    """Raise DifferenceError if a backend differs from the reference by more than rounding."""
    graph, actual = case.graph(), trace(case, backend)
    declared = {name: weight.shape for name, weight in graph.weights()}
    _check_equal("the weights' shapes", {n: w.shape for n, w in actual.weights.items()}, declared)
    _check_equal("the output's shape", actual.outputs.shape[1:], graph.output_shape)
    expected = trace(case, reference)
    _check_close("outputs", actual.outputs, expected.outputs)
    _check_all_close("gradient of", actual.gradients, expected.gradients)
    _check_close("losses", actual.losses, expected.losses)
    _check_all_close("after training,", actual.trained, expected.trained)


def trace(case: Case, backend: str) -> Trajectory:
    """Run a case on a backend, in float64, with data drawn by the case's name."""
    graph = case.graph()
    program = program_of(graph, case.setup(), backend)
    device_rows = program.upload(*_data(case, graph))
    batches = [np.arange(step, ROWS) for step in range(UPDATES)]  # of different sizes
    weights = program.weights()
    outputs = program.predict(_data(case, graph)[0])
    gradients = program.gradients(device_rows, batches[0])
    losses = program.train(device_rows, batches).sums["loss"]
    return Trajectory(weights, outputs, gradients, losses, program.weights())


def program_of(
    graph: Graph,
    setup: TrainingSetup,
    backend: str,
    precision: Precision = "float64",
    seed: int = 0,
) -> Program:
    """Build a program with its initial weights."""
    program = discovery.build_program(graph, setup, ComputeConfig(backend, precision, seed=seed))
    program.set_weights(initial_weights.initial_weights(graph, seed))
    return program


# ---------------------------------------------------------------- the cases

# A PReLU with a slope per input precedes the layer, so that the layer's input gradient is tested.
_RANDOM_PRELU = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}


def _layer_cases() -> Iterator[Case]:
    for cls in registry.classes("layer"):
        for number, example in enumerate(getattr(cls, "examples", ())):
            layer = {cls.kind: example.options} if example.options else cls.kind
            yield Case(f"layer {cls.kind} {number}", [_RANDOM_PRELU, layer], example.input_shape)


def _loss_cases() -> Iterator[Case]:
    smoothed = [{kind: {"label_smoothing": 0.1}} for kind in _SMOOTHED]
    for loss in [*registry.kinds("loss"), *smoothed]:
        kind = loss if isinstance(loss, str) else next(iter(loss))
        for activation in ("linear", "sigmoid", "softmax"):
            if activation != "linear" or "squared" in kind:
                name = f"loss {kind}{'' if loss == kind else ' smoothed'} after {activation}"
                yield Case(name, [{"dense": {"units": 4, "activation": activation}}], (3,), loss)


_SMOOTHED = ("binary_crossentropy", "categorical_crossentropy")
_DECAY = {"exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}}


def _optimizer_cases() -> Iterator[Case]:
    shared: tuple[dict[str, Any], ...] = (
        {},
        {"learning_rate": _DECAY},
        {"weight_decay": 0.01},
        {"clipvalue": 0.01},
        {"clipnorm": 0.1},
        {"global_clipnorm": 0.1},
    )
    for options in shared:
        for cls in registry.classes("optimizer"):
            if issubclass(cls, Optimizer):  # a closed form is solved outside backends
                yield _optimizer_case(cls.kind, options)
    for more in ({}, {"nesterov": True}, {"learning_rate": _DECAY}):
        yield _optimizer_case("sgd", {"momentum": 0.9, **more})
    yield _optimizer_case("rmsprop", {"momentum": 0.5, "centered": True})


def _optimizer_case(kind: str, options: Mapping[str, Any]) -> Case:
    name = " ".join(["optimizer", kind, *(key for key in options)])
    regularized = {"units": 3, "activation": "tanh", "kernel_regularizer": {"l2": 0.01}}
    return Case(name, [{"dense": regularized}, {"dense": 2}], (4,), optimizer={kind: dict(options)})


def _data(case: Case, graph: Graph) -> tuple[Array, Array]:
    """Inputs without ties and away from kinks, and targets that are valid for the loss."""
    count = ROWS * int(np.prod(graph.input_shape, dtype=int))
    order = philox.permutation(count, "conformance", case.name)
    x = ((order - count / 2 + 0.25) * 3 / count).reshape(ROWS, *graph.input_shape)
    shape = (ROWS, *graph.output_shape)
    if "sparse" in str(case.loss):
        return x, np.arange(ROWS) % shape[-1]
    if "crossentropy" in str(case.loss):
        return x, np.eye(shape[-1])[np.arange(ROWS) % shape[-1]]
    return x, philox.normal(int(np.prod(shape)), "conformance", case.name).reshape(shape)


# ---------------------------------------------------------------- comparing


def _check_equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise DifferenceError(f"{what}: {actual}, expected {expected}")


def _check_close(what: str, actual: Array, expected: Array) -> None:
    _check_equal(f"the shape of {what}", actual.shape, expected.shape)
    largest = max(float(np.abs(expected).max(initial=0)), 1.0)
    off = float(np.abs(actual - expected).max(initial=0)) / largest
    if not off <= TOLERANCE:  # NaN is a difference too
        raise DifferenceError(f"{what}: off by {off:.1e} of the largest value")


def _check_all_close(what: str, actual: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    _check_equal(f"the names ({what})", list(actual), list(expected))
    for name, array in actual.items():
        _check_close(f"{what} {name}", array, expected[name])
