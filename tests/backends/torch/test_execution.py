"""The execution of a graph on PyTorch: values, outputs, and further arguments of modules."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.components.layers.activations import Linear
from nnspec.graph.ir import Graph, Node
from nnspec.options.tensor_spec import TensorSpec
from tests.networks import graph_of

torch = pytest.importorskip("torch")
from nnspec.backends.torch.execution import Execution  # noqa: E402  (needs torch)

pytestmark = pytest.mark.framework

ROW = TensorSpec((2,))


class Halves(torch.nn.Module):
    """The two halves of a row."""

    def forward(self, x: Any) -> Any:
        return x.chunk(2, 1)


class Shifted(torch.nn.Module):
    """x + y, or x alone."""

    def forward(self, x: Any, y: Any = 0) -> Any:
        return x + y


def node(name: str, *inputs: str, outputs: int = 1) -> Node:
    return Node(
        name, Linear(), inputs, name,
        input_specs=(ROW,) * len(inputs), output_specs=(ROW,) * outputs,
    )  # fmt: skip


def test_a_node_may_give_several_values() -> None:
    nodes = (node("halves", "x", outputs=2), node("sum", "halves:1", "halves"))
    graph = Graph("g", {"x": ROW}, nodes, {"sum": "sum", "second": "halves:1"})
    found = Execution(graph, {"halves": Halves(), "sum": Shifted()})({"x": torch.eye(2) * 3})
    assert found["sum"].tolist() == [[3], [3]]
    assert found["second"].tolist() == [[0], [3]]


def test_an_output_may_be_an_input_and_stand_twice() -> None:
    graph = Graph("g", {"x": ROW}, (node("a", "x"),), {"a": "a", "again": "a", "x": "x"})
    x = torch.ones(1, 2)
    found = Execution(graph, {"a": Shifted()})({"x": x}, {"a": torch.tensor([1.0, 2.0])})
    assert found["x"] is x
    assert found["a"] is found["again"]
    assert found["a"].tolist() == [[2, 3]]


def test_max_pooling_comes_before_a_relu_that_only_it_reads() -> None:
    layers = [
        "relu",
        {"max_pooling2d": 2},
        {"relu": {"name": "read_twice"}},
        {"max_pooling2d": {"name": "top"}},
    ]
    ends = [{"flatten": {"name": f"flat_{end}", "inputs": end}} for end in ("read_twice", "top")]
    graph = graph_of(
        [*layers, *ends, {"concatenate": {"inputs": ["flat_read_twice", "flat_top"]}}], (4, 4, 1)
    )
    steps = Execution(graph, {each.name: torch.nn.Identity() for each in graph.nodes}).steps
    assert [step.name for step in steps] == [
        "max_pooling2d", "relu", "read_twice", "top", "flat_read_twice", "flat_top", "concatenate"
    ]  # fmt: skip
