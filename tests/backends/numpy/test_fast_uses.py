"""What each reader of a value gets: the right to overwrite it, and a gradient to write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends.conformance import Case
from nnspec.backends.numpy.fast.blocks import BlockedTensor, Blocks, Layout
from nnspec.backends.numpy.fast.memory import KeptMemory
from nnspec.backends.numpy.fast.uses import ValueTable
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.graph.ir import Graph

A = {"dense": {"name": "a", "units": 3}}


def reader(name: str) -> dict[str, Any]:
    return {"tanh": {"name": name, "inputs": "a"}}


def graph_of(readers: str, outputs: list[str]) -> Graph:
    """A dense layer `a`, and a tanh of it for each letter."""
    layers = [A, *map(reader, readers)]
    network = {"input_shape": [2], "layers": layers, "outputs": outputs}
    return Case("", network, loss=dict.fromkeys(outputs, "mean_squared_error")).graph()


def table_of(graph: Graph) -> ValueTable:
    """A table with the value of `a`, which may be overwritten, in two blocks."""
    blocks = Blocks.split(3, 2, np.dtype(np.float64), KeptMemory())
    table = ValueTable(graph, blocks, nodes_to_differentiate(graph))
    values, gradients = (blocks.buffers((3,), Layout.ROWS_FIRST) for _ in range(2))
    tensor = BlockedTensor((3,), Layout.ROWS_FIRST, values, gradients, overwritable=True)
    table.add(graph.by_name["a"], [tensor])
    return table


def test_an_only_reader_gets_all():
    graph = graph_of("b", ["b"])
    table = table_of(graph)
    assert table.read(graph.by_name["b"]) == [table.tensors["a"]]
    assert table.gradient_sums(graph.by_name["a"]) == []


def test_the_only_reader_of_an_output_gets_a_gradient_of_its_own():
    graph = graph_of("b", ["a", "b"])
    table = table_of(graph)
    (x,) = table.read(graph.by_name["b"])
    assert not x.overwritable
    assert not np.shares_memory(x.gradients[0], table.tensors["a"].gradients[0])


@pytest.mark.parametrize("outputs", [["b", "c", "d"], ["a", "b", "c", "d"]])
def test_gradients_are_added_from_the_last_reader_to_the_first(outputs):
    """1 + 1e16 - 1e16 is 0 in this order, and -1e16 + 1e16 + 1 would be 1; a loss comes first."""
    graph = graph_of("bcd", outputs)
    table = table_of(graph)
    reads = {name: table.read(graph.by_name[name])[0] for name in "bcd"}
    assert not any(x.overwritable for x in reads.values())
    for gradient in table.tensors["a"].gradients:
        gradient.fill(0)  # that of the loss
    for name, value in (("d", 1.0), ("c", 1e16), ("b", -1e16)):
        for gradient in reads[name].gradients:
            gradient.fill(value)
    ((first, second),) = table.gradient_sums(graph.by_name["a"])
    first()
    second()
    for gradient in table.tensors["a"].gradients:
        np.testing.assert_array_equal(gradient, 0)
