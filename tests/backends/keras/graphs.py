"""Cases that compare networks that are no chain with the NumPy reference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends import conformance
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.components.metrics.base import Metric
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import NamedMetric, objectives
from nnspec.options.validation import read_component
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.spec.loader import build
from tests.backends.keras.agreement import Case, array_difference, weights_difference
from tests.backends.keras.cases import BACKEND, REFERENCE
from tests.backends.keras.graph_networks import (
    DOTS,
    GATES,
    NETWORKS,
    SHARED_BY_RANKS,
    TWO_OUTPUTS,
    dot_of,
)
from tests.networks import program_of
from tests.random_graphs import random_case

ROWS, BATCH_ROWS, UPDATES = 12, 5, 20
RANDOM_GRAPHS = {"tensorflow": 8, "torch": 15, "jax": 8}  # to compile each takes seconds


ADAM = {"adam": 0.01}


class Network:
    """A compiled network with a training setup and random rows."""

    def __init__(self, document: Any, optimizer: Any = ADAM) -> None:
        spec: Spec = build(document)
        self.graph: Graph = compile_spec(spec)
        made = objectives(spec, self.graph)
        self.setup = TrainingSetup(made, read_component("optimizer", optimizer))
        draw = np.random.default_rng(3)
        self.inputs = {
            name: draw.normal(size=(ROWS, *each.shape))
            if each.is_float
            else draw.integers(0, 4, (ROWS, *each.shape))
            for name, each in self.graph.inputs.items()
        }
        self.targets = {o.output: self._target(o.output, o.loss, draw) for o in made}
        self.batches = [(np.arange(BATCH_ROWS) + 3 * i) % ROWS for i in range(UPDATES)]

    def _target(self, output: str, loss: Any, draw: np.random.Generator) -> np.ndarray:
        shape = self.graph.specs[self.graph.outputs[output]].shape
        if "crossentropy" not in loss.kind:
            return draw.normal(size=(ROWS, *shape))
        classes = draw.integers(0, shape[-1], ROWS)
        return classes if loss.targets == "class_numbers" else np.eye(shape[-1])[classes]

    def program(self, backend: str, precision: str = "float64") -> Program:
        return program_of(self.graph, self.setup, backend, precision)

    def trained(self, backend: str, precision: str = "float64", rates: Any = None) -> Any:
        """A program after the updates, and the metrics of the updates."""
        program = self.program(backend, precision)
        device_rows = program.upload(self.inputs, self.targets)
        return program, program.train(device_rows, self.batches, rates)


def graphs() -> Iterator[Case]:
    """Losses, weights and outputs after updates, and the metrics of an evaluation."""
    for name, document in NETWORKS.items():
        yield name, partial(trained_difference, document)


def trained_difference(document: Any) -> dict[str, float]:
    network = Network(document)
    (expected, sums), (found, found_sums) = (
        network.trained(backend) for backend in (REFERENCE, BACKEND)
    )
    evaluated = [
        p.evaluate(p.upload(network.inputs, network.targets), network.batches[:2]).sums
        for p in (expected, found)
    ]
    outputs = [p.predict_outputs(network.inputs) for p in (expected, found)]
    return {
        "sums": max(weights_difference(sums.sums, found_sums.sums), weights_difference(*evaluated)),
        "weights": weights_difference(expected.weights(), found.weights()),
        "outputs": weights_difference(*outputs),
    }


def exact_graphs() -> Iterator[Case]:
    """Whether all weights are equal to the last bit after updates in `exact` precision."""
    for name, document in NETWORKS.items():
        yield name, partial(same_hash, document)


def same_hash(document: Any) -> bool:
    network = Network(document)
    programs = [network.trained(backend, "exact")[0] for backend in (REFERENCE, BACKEND)]
    return len({weights_sha256(program.weights()) for program in programs}) == 1


def ranks() -> Iterator[Case]:
    yield "dot of ranks", lambda: max(difference(dot_of(*each)) for each in DOTS)
    yield "shared by ranks", lambda: difference(SHARED_BY_RANKS)
    yield "zero vectors", zero_vectors


def difference(document: Any) -> float:
    """Difference of outputs and gradients."""
    return gradients_difference(Network(document))


def gradients_difference(network: Network) -> float:
    programs = [network.program(backend) for backend in (REFERENCE, BACKEND)]
    outputs = [p.predict_outputs(network.inputs) for p in programs]
    rows = [p.upload(network.inputs, network.targets) for p in programs]
    gradients = [p.gradients(r, np.arange(5)) for p, r in zip(programs, rows, strict=True)]
    return max(weights_difference(*outputs), weights_difference(*gradients))


def zero_vectors() -> float:
    """The gradient of the cosine of a zero vector is a number."""
    network = Network(dot_of([4], [4], [1, 1], normalize=True))
    network.inputs["x"][:] = 0
    return gradients_difference(network)


class Spread(Metric, kind="test_spread"):
    """Largest minus smallest prediction plus target: it has a state, and is no mean over rows."""

    def update(self, predictions: Any, targets: Any) -> Any:
        values = predictions.reshape(len(targets), -1).sum(1) + targets.reshape(len(targets))
        return float(values.min()), float(values.max())

    def merge(self, first: Any, second: Any) -> Any:
        return min(first[0], second[0]), max(first[1], second[1])

    def result(self, state: Any) -> float:
        return float(state[1] - state[0])


def random_graphs() -> Iterator[Case]:
    """Outputs, metrics and weights of random networks after updates."""
    for seed in range(RANDOM_GRAPHS[BACKEND.partition(":")[2] or "tensorflow"]):
        yield str(seed), partial(random_difference, random_case(seed))


def random_difference(case: conformance.Case) -> float:
    graph, setup = case.graph(), case.setup()
    x, y, batches = case.inputs(graph), case.targets(graph, setup), [np.arange(5), np.arange(1, 6)]
    programs = [program_of(graph, setup, backend) for backend in (REFERENCE, BACKEND)]
    outputs = [program.predict_outputs(x) for program in programs]
    sums = [program.train(program.upload(x, y), batches).sums for program in programs]
    weights = [program.weights() for program in programs]
    return max(weights_difference(*each) for each in (outputs, sums, weights))


def host() -> Iterator[Case]:
    yield "metrics with a state", metrics_with_a_state
    yield "given rates", given_rates


def metrics_with_a_state() -> float:
    """Metrics of batches of two sizes, in training and evaluation."""
    network = Network(TWO_OUTPUTS)
    price, kind = network.setup.objectives
    more = (NamedMetric("price_spread", Spread()), *price.metrics)
    made = (price._replace(metrics=more), kind)
    network.setup = network.setup._replace(objectives=made)
    results = []
    for backend in (REFERENCE, BACKEND):
        program = network.program(backend)
        device_rows = program.upload(network.inputs, network.targets)
        batches = [*network.batches[:3], np.arange(2)]
        seen = [run(device_rows, batches).results for run in (program.train, program.evaluate)]
        assert all("price_spread" in each and "price_loss" in each for each in seen)
        results.append(np.array([value for each in seen for _, value in sorted(each.items())]))
    return array_difference(*results)


def given_rates() -> float:
    network = Network(GATES)
    rates = [0.01 / (1 + step) for step in range(UPDATES)]
    programs = [network.trained(backend, rates=rates)[0] for backend in (REFERENCE, BACKEND)]
    return weights_difference(*(program.weights() for program in programs))
