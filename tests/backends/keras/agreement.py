"""Cases that measure how far the Keras backend on one engine differs from the NumPy backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends import conformance
from nnspec.backends.contract import BatchMetrics, Program, TrainingSetup, Weights
from nnspec.components.optimizers.sgd import SGD
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective
from nnspec.options.validation import read_component
from nnspec.runs.weight_files import weights_sha256
from tests.backends.keras.cases import (
    ACTIVATIONS,
    BACKEND,
    CONVOLUTIONAL,
    LOSSES,
    OPTIMIZERS,
    POOLINGS,
    REFERENCE,
    SLOW_TO_COMPILE,
    one_hot,
)
from tests.kinks import KINKS, derivatives, graph_at_kinks
from tests.networks import away_from_kinks, graph_of, program_of, setup

TOLERANCE = 1e-12
Case = tuple[str, Callable[[], Any]]
random = np.random.default_rng


def both(
    graph: Graph, training: TrainingSetup, precision: str = "float64"
) -> tuple[Program, Program]:
    return program_of(graph, training, REFERENCE, precision), program_of(
        graph, training, BACKEND, precision
    )


def weights_difference(expected: Weights, found: Weights) -> float:
    """Largest difference over all arrays, relative to the largest value where that is above 1."""
    assert list(expected) == list(found)
    return max((array_difference(expected[name], found[name]) for name in expected), default=0.0)


def array_difference(expected: np.ndarray, found: np.ndarray) -> float:
    assert expected.shape == found.shape
    assert expected.dtype == found.dtype
    if not expected.size:
        return 0.0
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))


def metrics_difference(expected: BatchMetrics, found: BatchMetrics) -> float:
    assert expected.rows == found.rows
    return weights_difference(expected.sums, found.sums)


def outputs_and_gradients(
    graph: Graph, training: TrainingSetup, x: np.ndarray, y: np.ndarray
) -> float:
    """Difference of outputs and gradients."""
    programs = both(graph, training)
    outputs = [program.predict(x) for program in programs]
    gradients = [program.gradients(program.upload(x, y), np.arange(len(x))) for program in programs]
    return max(array_difference(*outputs), weights_difference(*gradients))


def metrics_and_update(
    graph: Graph, training: TrainingSetup, x: np.ndarray, y: np.ndarray
) -> float:
    """Difference of the metrics of an evaluation and an update, and of the updated weights."""
    programs, batches = both(graph, training), [np.arange(3), np.arange(3, len(x))]
    evaluated = [program.evaluate(program.upload(x, y), batches) for program in programs]
    updated = [program.train(program.upload(x, y), batches[:1]) for program in programs]
    weights = [program.weights() for program in programs]
    return max(
        metrics_difference(*evaluated), metrics_difference(*updated), weights_difference(*weights)
    )


def layers() -> Iterator[Case]:
    """Outputs and gradients of every layer after a PReLU, many in one network, and of graphs."""
    for case in layer_cases():
        yield case.name, partial(conformance_difference, case)


def exact_layers() -> Iterator[Case]:
    """Bits of the weights after updates in `exact`; on PyTorch, which compiles nothing."""
    for case in conformance.joined_layer_cases() if BACKEND == "keras:torch" else ():
        yield case.name, partial(conformance.check_exact, case, BACKEND)


def layer_cases() -> list[conformance.Case]:
    """The cases of the conformance suite for layers, graphs and losses."""
    others = [case for case in conformance.cases() if case.name.startswith(("graph ", "loss "))]
    return [*conformance.joined_layer_cases(), *others]


def conformance_difference(case: conformance.Case) -> dict[str, float]:
    """The outputs and gradients that differ, each with its difference."""
    graph, training = case.graph(), case.setup()
    x, y = case.inputs(graph), case.targets(graph, training)
    programs = both(graph, training)
    outputs = [program.predict_outputs(x) for program in programs]
    gradients = [program.gradients(program.upload(x, y), np.arange(5)) for program in programs]
    pairs = [*_pairs(*outputs), *_pairs(*gradients)]
    found = {name: array_difference(*arrays) for name, *arrays in pairs}
    return {name: difference for name, difference in found.items() if not difference <= TOLERANCE}


def _pairs(
    expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    assert list(expected) == list(found)
    for name, array in expected.items():
        yield name, array, found[name]


def kinks() -> Iterator[Case]:
    """Activations at exactly 0; their derivative reaches the bias before them."""
    for activation in ACTIVATIONS:

        def case(activation: Any = activation) -> float:
            before = {"units": 3, "kernel_initializer": "zeros"}
            graph = graph_of([{"dense": before}, activation], (2,))
            return outputs_and_gradients(
                graph, setup("half_squared_error"), np.ones((2, 2)), np.ones((2, 3))
            )

        yield str(activation), case
    yield "all", all_kinks


def all_kinks() -> float:
    """Every kink and jump of every activation, in one network."""
    graph = graph_at_kinks()
    (output,) = graph.outputs
    objective = Objective(output, read_component("loss", "half_squared_error"))
    program = program_of(graph, TrainingSetup((objective,), SGD()), BACKEND)
    expected = np.array([derivative for _, _, derivative in KINKS])
    return array_difference(expected, derivatives(program, graph))


def ties() -> Iterator[Case]:
    """Equal numbers: the gradient of each slope shows which of them was chosen."""
    for number, pooling in enumerate(POOLINGS):
        yield str(number), partial(pooling_tie, {"max_pooling2d": pooling})
    yield "adaptive_max_pooling2d", partial(pooling_tie, {"adaptive_max_pooling2d": [4, 3]})
    for kind in ("global_max_pooling2d", "maximum", "minimum"):
        yield kind, partial(pooling_tie if "pooling" in kind else merge_tie, kind)


_SLOPE = {"alpha_initializer": {"constant": 0.25}}


def pooling_tie(pooling: Any) -> float:
    graph = graph_of([{"prelu": _SLOPE}, pooling], (6, 7, 2))
    y = random(1).normal(size=(2, *graph.output_shape))
    x = np.full((2, 6, 7, 2), -1.0)
    return outputs_and_gradients(graph, setup("half_squared_error"), x, y)


def merge_tie(kind: str) -> float:
    names = ["first", "second", "third"]
    prelus = [{"prelu": {**_SLOPE, "name": name, "inputs": "input"}} for name in names]
    graph = graph_of([*prelus, {kind: {"inputs": names}}], (4,))
    y = random(1).normal(size=(2, 4))
    return outputs_and_gradients(graph, setup("half_squared_error"), np.full((2, 4), -1.0), y)


def losses() -> Iterator[Case]:
    for number, (loss, activation, targets) in enumerate(LOSSES):

        def case(loss: Any = loss, activation: Any = activation, y: Any = targets) -> float:
            penalty = {"kernel_regularizer": {"l1_l2": {"l1": 0.01, "l2": 0.2}}}
            layer = {"dense": {"units": 4, "activation": activation, **penalty}}
            x = away_from_kinks((5, 3))
            x[0], x[1] = 0, 1e3 * x[1]  # logits of 0, and saturating ones
            return metrics_and_update(
                graph_of([layer], (3,)), setup(loss, "sgd", ["accuracy", loss]), x, y
            )

        yield str(number), case


def optimizers() -> Iterator[Case]:
    """Fifty updates; the batches of 7 do not divide the data.

    JAX, which compiles each network, has a small one for most optimizers.
    """
    for name in OPTIMIZERS:
        is_small = BACKEND == "keras:jax" and name not in SLOW_TO_COMPILE
        layers = [{"flatten": {}}, {"dense": 4}] if is_small else CONVOLUTIONAL

        def case(optimizer: Any = OPTIMIZERS[name], layers: Any = layers) -> float:
            return after_updates(graph_of(layers, (8, 8, 2)), optimizer, 50)

        yield name, case


def after_updates(graph: Graph, optimizer: Any, updates: int) -> float:
    training = setup("categorical_crossentropy", optimizer, ["accuracy"])
    programs = both(graph, training)
    x, y, batches = images(graph, updates)
    metrics = [program.train(program.upload(x, y), batches) for program in programs]
    states = [program.state() for program in programs]
    assert [state.step for state in states] == [updates] * 2
    assert list(states[0].slots) == list(states[1].slots)
    slots = [
        weights_difference(a, b) for a, b in zip(*(s.slots.values() for s in states), strict=True)
    ]
    return max(
        weights_difference(*(p.weights() for p in programs)),
        metrics_difference(*metrics),
        *slots,
        0.0,
    )


def images(graph: Graph, updates: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rows = 24
    x = random(3).normal(size=(rows, *graph.input_shape))
    starts = (7 * (number % 4) for number in range(updates))
    return x, one_hot(rows), [np.arange(start, min(start + 7, rows)) for start in starts]


def exchange() -> Iterator[Case]:
    """Training continued on another backend, against all of it on NumPy."""
    for first, second in ((REFERENCE, BACKEND), (BACKEND, REFERENCE), (BACKEND, BACKEND)):

        def case(first: str = first, second: str = second) -> float:
            graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
            training = setup("categorical_crossentropy", {"adam": 0.01})
            x, y, batches = images(graph, 20)
            whole, a, b = (program_of(graph, training, name) for name in (REFERENCE, first, second))
            whole.train(whole.upload(x, y), batches)
            a.train(a.upload(x, y), batches[:9])
            b.set_weights(a.weights())
            b.set_state(a.state())
            b.train(b.upload(x, y), batches[9:])
            return weights_difference(whole.weights(), b.weights())

        yield f"{first} to {second}", case


_BOUNDED = {"kernel_constraint": {"max_norm": 0.5}, "bias_constraint": "non_neg"}


def exact() -> Iterator[Case]:
    """Bitwise equality of the weights after 300 updates in `exact` precision."""
    middle = [{"dense": {"units": 16, "activation": "relu"}}, {"dropout": 0.2}]
    head = {"units": 4, "activation": "softmax"}
    dense, bounded = ([*middle, {"dense": each}] for each in (head, {**head, **_BOUNDED}))
    for name, layers, optimizer in (
        ("sgd", dense, {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}),
        ("adam", dense, {"adam": 0.01}),
        ("running statistics and norms", ["batch_normalization", *bounded], {"sgd": 0.1}),
    ):

        def case(layers: Any = layers, optimizer: Any = optimizer) -> bool:
            graph = graph_of(layers, (10,))
            training = setup("categorical_crossentropy", optimizer)
            programs = both(graph, training, "exact")
            x, y, batches = images(graph, 300)
            for program in programs:
                program.train(program.upload(x, y), batches)
            return weights_sha256(programs[0].weights()) == weights_sha256(programs[1].weights())

        yield name, case
