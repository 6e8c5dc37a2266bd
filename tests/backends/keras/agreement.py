"""The Keras backend on one engine beside the NumPy backend: how far apart they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nnspec.backends.contract import BatchMetrics, Program, TrainingSetup, Weights
from nnspec.graph.ir import Graph
from nnspec.options import registry
from nnspec.runs.checkpoint import weights_sha256
from tests.backends.keras.cases import (
    ACTIVATIONS,
    BACKEND,
    CONVOLUTIONAL,
    LOSSES,
    OPTIMIZERS,
    POOLINGS,
    SLOW_TO_COMPILE,
    one_hot,
)
from tests.networks import away_from_kinks, graph_of, program_of, setup

Case = tuple[str, Callable[[], Any]]
random = np.random.default_rng


def both(graph: Graph, what: TrainingSetup, precision: str = "float64") -> tuple[Program, Program]:
    return program_of(graph, what, "numpy", precision), program_of(graph, what, BACKEND, precision)


def apart(expected: Weights, found: Weights) -> float:
    """The largest difference, by the largest number where that is above 1."""
    assert list(expected) == list(found)
    return max((difference(expected[name], found[name]) for name in expected), default=0.0)


def difference(expected: np.ndarray, found: np.ndarray) -> float:
    assert expected.shape == found.shape
    assert expected.dtype == found.dtype
    if not expected.size:
        return 0.0
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))


def figures_apart(expected: BatchMetrics, found: BatchMetrics) -> float:
    assert expected.rows == found.rows
    return apart(expected.sums, found.sums)


def once(graph: Graph, what: TrainingSetup, x: np.ndarray, y: np.ndarray) -> float:
    """Output and gradients."""
    programs = both(graph, what)
    outputs = [program.predict(x) for program in programs]
    gradients = [program.gradients(program.upload(x, y), np.arange(len(x))) for program in programs]
    return max(difference(*outputs), apart(*gradients))


def reported(graph: Graph, what: TrainingSetup, x: np.ndarray, y: np.ndarray) -> float:
    """The figures of an evaluation and of an update, and its gradients."""
    programs, batches = both(graph, what), [np.arange(3), np.arange(3, len(x))]
    evaluated = [program.evaluate(program.upload(x, y), batches) for program in programs]
    trained = [program.train(program.upload(x, y), batches[:1]) for program in programs]
    weights = [program.weights() for program in programs]
    return max(figures_apart(*evaluated), figures_apart(*trained), apart(*weights))


def layers() -> Iterator[Case]:
    """Every layer behind a PReLU, so that its input gradient is seen too."""
    slope = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}
    for cls in registry.classes("layer"):
        for number, example in enumerate(cls.examples):

            def case(cls: Any = cls, example: Any = example) -> float:
                graph = graph_of([slope, {cls.kind: example.options}], example.input_shape)
                y = random(1).normal(size=(3, *graph.output_shape))
                x = away_from_kinks((3, *example.input_shape))
                return once(graph, setup("half_squared_error"), x, y)

            yield f"{cls.kind}-{number}", case


def kinks() -> Iterator[Case]:
    """An activation of exactly 0, and what of it reaches the bias before it."""
    for activation in ACTIVATIONS:

        def case(activation: Any = activation) -> float:
            before = {"units": 3, "kernel_initializer": "zeros"}
            graph = graph_of([{"dense": before}, activation], (2,))
            return once(graph, setup("half_squared_error"), np.ones((2, 2)), np.ones((2, 3)))

        yield str(activation), case


def ties() -> Iterator[Case]:
    """Pooling of equal numbers: the gradient of each slope tells which of them won."""
    for number, pooling in enumerate(POOLINGS):

        def case(pooling: Any = pooling) -> float:
            slope = {"prelu": {"alpha_initializer": {"constant": 0.25}}}
            graph = graph_of([slope, {"max_pooling2d": pooling}], (6, 7, 2))
            y = random(1).normal(size=(2, *graph.output_shape))
            return once(graph, setup("half_squared_error"), np.full((2, 6, 7, 2), -1.0), y)

        yield str(number), case


def losses() -> Iterator[Case]:
    for number, (loss, activation, targets) in enumerate(LOSSES):

        def case(loss: Any = loss, activation: Any = activation, y: Any = targets) -> float:
            penalty = {"kernel_regularizer": {"l1_l2": {"l1": 0.01, "l2": 0.2}}}
            layer = {"dense": {"units": 4, "activation": activation, **penalty}}
            x = away_from_kinks((5, 3))
            x[0], x[1] = 0, 1e3 * x[1]  # logits of 0, and such as saturate
            return reported(graph_of([layer], (3,)), setup(loss, "sgd", ["accuracy", loss]), x, y)

        yield str(number), case


def optimizers() -> Iterator[Case]:
    """Fifty updates; the batches of 7 do not divide the data."""
    for name in OPTIMIZERS if BACKEND != "keras:jax" else SLOW_TO_COMPILE:

        def case(optimizer: Any = OPTIMIZERS[name]) -> float:
            return trained(graph_of(CONVOLUTIONAL, (8, 8, 2)), optimizer, 50)

        yield name, case


def trained(graph: Graph, optimizer: Any, updates: int) -> float:
    what = setup("categorical_crossentropy", optimizer, ["accuracy"])
    programs = both(graph, what)
    x, y, batches = images(graph, updates)
    figures = [program.train(program.upload(x, y), batches) for program in programs]
    states = [program.state() for program in programs]
    assert [state.step for state in states] == [updates] * 2
    assert list(states[0].slots) == list(states[1].slots)
    slots = [apart(a, b) for a, b in zip(*(s.slots.values() for s in states), strict=True)]
    return max(apart(*(p.weights() for p in programs)), figures_apart(*figures), *slots, 0.0)


def images(graph: Graph, updates: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rows = 24
    x = random(3).normal(size=(rows, *graph.input_shape))
    starts = (7 * (number % 4) for number in range(updates))
    return x, one_hot(rows), [np.arange(start, min(start + 7, rows)) for start in starts]


def exchange() -> Iterator[Case]:
    """Half of a training here, half there, against all of it on NumPy."""
    for first, second in (("numpy", BACKEND), (BACKEND, "numpy"), (BACKEND, BACKEND)):

        def case(first: str = first, second: str = second) -> float:
            graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
            what = setup("categorical_crossentropy", {"adam": 0.01})
            x, y, batches = images(graph, 20)
            whole, a, b = (program_of(graph, what, name) for name in ("numpy", first, second))
            whole.train(whole.upload(x, y), batches)
            a.train(a.upload(x, y), batches[:9])
            b.set_weights(a.weights())
            b.set_state(a.state())
            b.train(b.upload(x, y), batches[9:])
            return apart(whole.weights(), b.weights())

        yield f"{first} to {second}", case


def exact() -> Iterator[Case]:
    """Every bit of the weights after some hundred updates."""
    middle = [{"dense": {"units": 16, "activation": "relu"}}, {"dropout": 0.2}]
    dense = [*middle, {"dense": {"units": 4, "activation": "softmax"}}]
    for name, layers, optimizer in (
        ("sgd", dense, {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}),
        ("adam", dense, {"adam": 0.01}),
        ("running statistics", ["batch_normalization", *dense], {"sgd": 0.1}),
    ):

        def case(layers: Any = layers, optimizer: Any = optimizer) -> bool:
            graph = graph_of(layers, (10,))
            what = setup("categorical_crossentropy", optimizer)
            programs = both(graph, what, "exact")
            x, y, batches = images(graph, 300)
            for program in programs:
                program.train(program.upload(x, y), batches)
            return weights_sha256(programs[0].weights()) == weights_sha256(programs[1].weights())

        yield name, case
