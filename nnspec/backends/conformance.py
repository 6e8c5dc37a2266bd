"""The suite that any backend can adopt: every layer, loss and optimizer against the reference.

A backend's own tests need three lines:

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
TOLERANCE = 1e-10  # of the largest value, in float64
ROWS, UPDATES = 7, 5


class Case(NamedTuple):
    """A small network, and what it is trained for, as plain values."""

    name: str
    layers: list[Any]
    input_shape: Shape
    loss: Any = "half_squared_error"
    optimizer: Any = "sgd"

    def __str__(self) -> str:
        return self.name

    def graph(self) -> Graph:
        """The resolved network."""
        network = {"input_shape": list(self.input_shape), "layers": self.layers}
        return compile_spec(build({"name": "case", "network": network}))

    def setup(self) -> TrainingSetup:
        """The loss and the optimizer."""
        loss, optimizer = (
            read_component("loss", self.loss),
            read_component("optimizer", self.optimizer),
        )
        return TrainingSetup(loss, optimizer)  # type: ignore[arg-type]


class Trajectory(NamedTuple):
    """What a backend makes of a case."""

    weights: dict[str, Array]  # at the start
    outputs: Array
    gradients: dict[str, Array]
    losses: Array  # of some updates
    trained: dict[str, Array]  # weights after them


class DifferenceError(AssertionError):
    """A backend gives something else than the reference."""


def cases() -> list[Case]:
    """One case for each example of a layer, each loss and each optimizer of the catalogue."""
    return [*_layers(), *_losses(), *_optimizers()]


def check(case: Case, backend: str, reference: str = REFERENCE) -> None:
    """Raise DifferenceError where a backend departs from the reference by more than rounding."""
    graph, found = case.graph(), trace(case, backend)
    declared = {name: weight.shape for name, weight in graph.weights()}
    _same("the weights' shapes", {n: w.shape for n, w in found.weights.items()}, declared)
    _same("the output's shape", found.outputs.shape[1:], graph.output_shape)
    expected = trace(case, reference)
    _close("outputs", found.outputs, expected.outputs)
    _all_close("gradient of", found.gradients, expected.gradients)
    _close("losses", found.losses, expected.losses)
    _all_close("after training,", found.trained, expected.trained)


def trace(case: Case, backend: str) -> Trajectory:
    """Run a case on a backend, in float64, from the weights and data of its own name."""
    graph = case.graph()
    program = program_of(graph, case.setup(), backend)
    device_rows = program.upload(*_rows(case, graph))
    batches = [np.arange(step, ROWS) for step in range(UPDATES)]  # of different sizes
    weights = program.weights()
    outputs = program.predict(_rows(case, graph)[0])
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
    """A program with its first weights."""
    program = discovery.build_program(graph, setup, ComputeConfig(backend, precision, seed=seed))
    program.set_weights(initial_weights.initial_weights(graph, seed))
    return program


# ---------------------------------------------------------------- the cases

# A PReLU with a slope for each input stands before the layer, so that its input gradient counts.
_BEFORE = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}


def _layers() -> Iterator[Case]:
    for cls in registry.classes("layer"):
        for number, example in enumerate(getattr(cls, "examples", ())):
            layer = {cls.kind: example.options} if example.options else cls.kind
            yield Case(f"layer {cls.kind} {number}", [_BEFORE, layer], example.input_shape)


def _losses() -> Iterator[Case]:
    smoothed = [{kind: {"label_smoothing": 0.1}} for kind in _SMOOTHED]
    for loss in [*registry.kinds("loss"), *smoothed]:
        kind = loss if isinstance(loss, str) else next(iter(loss))
        for activation in ("linear", "sigmoid", "softmax"):
            if activation != "linear" or "squared" in kind:
                name = f"loss {kind}{'' if loss == kind else ' smoothed'} after {activation}"
                yield Case(name, [{"dense": {"units": 4, "activation": activation}}], (3,), loss)


_SMOOTHED = ("binary_crossentropy", "categorical_crossentropy")
_DECAY = {"exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}}


def _optimizers() -> Iterator[Case]:
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
            if issubclass(cls, Optimizer):  # a closed form is no backend's business
                yield _optimizer(cls.kind, options)
    for more in ({}, {"nesterov": True}, {"learning_rate": _DECAY}):
        yield _optimizer("sgd", {"momentum": 0.9, **more})
    yield _optimizer("rmsprop", {"momentum": 0.5, "centered": True})


def _optimizer(kind: str, options: Mapping[str, Any]) -> Case:
    name = " ".join(["optimizer", kind, *(key for key in options)])
    regularized = {"units": 3, "activation": "tanh", "kernel_regularizer": {"l2": 0.01}}
    return Case(name, [{"dense": regularized}, {"dense": 2}], (4,), optimizer={kind: dict(options)})


def _rows(case: Case, graph: Graph) -> tuple[Array, Array]:
    """Inputs without ties and away from kinks, and targets that suit the loss."""
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


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DifferenceError(f"{what}: {found}, expected {expected}")


def _close(what: str, found: Array, expected: Array) -> None:
    _same(f"the shape of {what}", found.shape, expected.shape)
    largest = max(float(np.abs(expected).max(initial=0)), 1.0)
    off = float(np.abs(found - expected).max(initial=0)) / largest
    if not off <= TOLERANCE:  # NaN is a difference too
        raise DifferenceError(f"{what}: off by {off:.1e} of the largest value")


def _all_close(what: str, found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    _same(f"the names ({what})", list(found), list(expected))
    for name, array in found.items():
        _close(f"{what} {name}", array, expected[name])
