"""The verifier finds what a pass left inconsistent."""

from __future__ import annotations

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.verify import apply_passes, verify
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.loader import build


@pytest.fixture
def graph():
    layers = [{"dense": {"name": "a", "units": 4}}, {"dense": {"name": "b", "units": 3}}]
    return compile_spec(build({"network": {"input_shape": 4, "layers": layers}}))


def changed(graph, which, **fields):
    nodes = (node._replace(**fields) if node.name == which else node for node in graph.nodes)
    return graph.replace(nodes=tuple(nodes))


def test_a_compiled_graph_is_consistent(graph):
    assert verify(graph) is graph


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("b", {"inputs": ("c",)}, "b reads c as .* and it is None"),
        ("a", {"inputs": ("b",)}, "a reads b"),
        ("b", {"input_specs": (TensorSpec((5,)),)}, "b reads a as .*5"),
        ("b", {"name": "a"}, "the name a is given twice"),
        ("b", {"owner": "a"}, "b and a share weights of different shapes"),
        ("b", {"owner": "c"}, "b uses the weights of c, which is not before it"),
    ],
)
def test_an_inconsistency_is_found(graph, name, fields, reason):
    with pytest.raises(ValueError, match=reason):
        verify(changed(graph, name, **fields))


def test_an_output_must_be_a_value(graph):
    with pytest.raises(ValueError, match="the output y is c, which no node gives"):
        verify(graph.replace(outputs={"y": "c"}))


def test_every_pass_is_verified(graph):
    with pytest.raises(ValueError, match="b reads c"):
        apply_passes(graph, lambda g: g, lambda g: changed(g, "b", inputs=("c",)))
