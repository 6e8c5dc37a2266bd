"""Graphs, training setups and programs for tests, built from plain values."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import NamedMetric, Objective
from nnspec.options.validation import read_component
from nnspec.randomness import initial_weights
from nnspec.spec.loader import build

OUTPUT = "output"  # the name of the only output


def graph_of(layers: list[Any], input_shape: tuple[int, ...]) -> Graph:
    """The resolved graph of a list of layers; its output has the name OUTPUT."""
    network = {"input_shape": list(input_shape), "layers": layers}
    graph = compile_spec(build({"network": network}))
    return graph.replace(outputs={OUTPUT: graph.output})


def setup(
    loss: Any = "mean_squared_error", optimizer: Any = "sgd", metrics: Any = ()
) -> TrainingSetup:
    """A training setup of the output OUTPUT, from plain values."""
    components = [read_component("metric", metric) for metric in metrics]
    named = tuple(NamedMetric(metric.name or metric.kind, metric) for metric in components)
    objective = Objective(OUTPUT, read_component("loss", loss), metrics=named)
    return TrainingSetup((objective,), read_component("optimizer", optimizer))


def program_of(
    graph: Graph, what: TrainingSetup | None = None, backend: str = "numpy",
    precision: str = "float64", seed: int = 0,
) -> Program:  # fmt: skip
    """A program with initial weights."""
    compute = ComputeConfig(backend, precision, seed=seed)
    program = discovery.build_program(graph, what or setup(), compute)
    program.set_weights(initial_weights.initial_weights(graph, seed))
    return program


def away_from_kinks(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Well-separated nonzero numbers in random order, away from kinks of ReLU, max and the like."""
    count = int(np.prod(shape))
    values = (np.arange(count) - count // 2 + 0.5) / max(count, 1)
    return np.random.default_rng(seed).permutation(values * 3).reshape(shape)
