"""Layers that others can express, on a backend without a rule for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends import discovery
from nnspec.backends.contract import Backend
from nnspec.backends.numpy.registry import RULES
from nnspec.components.layers.activations import Tanh
from nnspec.components.layers.base import AddLayer, Layer, SymbolicTensor
from nnspec.components.layers.dense import Dense
from nnspec.components.layers.merging import Multiply
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.options import component
from nnspec.options.rules import Rules
from tests.networks import graph_of, program_of, setup

REFERENCE = "numpy:reference"


class Gated(Layer):
    """y = a tanh(a) with a = x W + b."""

    kind = "gated"

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        (x,) = inputs
        y = add(Dense(units=2), x)
        return add(Multiply(), y, add(Tanh(), y))


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Graph:
    monkeypatch.setitem(component.DEFINED, ("layer", "gated"), Gated)
    return graph_of(["gated", {"dense": 1}], (3,))


def test_a_layer_without_a_rule_is_lowered(graph: Graph) -> None:
    program = program_of(graph, setup(), REFERENCE)
    assert [node.kind for node in program.graph.nodes] == ["dense", "tanh", "multiply", "dense"]
    weights, x = program.weights(), np.random.default_rng(0).normal(size=(4, 3))
    y = x @ weights["gated/dense/kernel"] + weights["gated/dense/bias"]
    expected = (y * np.tanh(y)) @ weights["dense/kernel"] + weights["dense/bias"]
    np.testing.assert_allclose(program.predict(x), expected, rtol=1e-14)


def test_its_weights_keep_their_names(graph: Graph) -> None:
    assert list(program_of(graph, setup(), REFERENCE).weights()) == [n for n, _ in graph.weights()]


class _Recorder(Backend):
    """A backend that keeps the graph that it gets."""

    name = "recorder"

    def build(self, graph: Graph, *_: object) -> Any:
        self.graph = graph

    def versions(self) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(("has_rule", "kinds"), [
    (True, ["gated", "dense"]), (False, ["dense", "tanh", "multiply", "dense"]),
    (None, ["dense", "tanh", "multiply", "dense"]),
])  # fmt: skip
def test_a_backend_with_a_rule_keeps_the_layer(
    graph: Graph, has_rule: bool | None, kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = _Recorder()
    if has_rule is not None:
        layers = Rules[Any]("recorder", "layer", "nowhere", {"gated": "rules"} if has_rule else {})
        recorder.rules = RULES._replace(layers=layers)
    monkeypatch.setattr(discovery, "find", lambda _: recorder)
    discovery.build_program(graph, None, ComputeConfig("recorder"))
    assert [node.kind for node in recorder.graph.nodes] == kinds
