"""The graph: its text form, topological order, names of weights, and the empty graph."""

from __future__ import annotations

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import INPUT, Graph
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.loader import build, load
from tests import paths

SPECS = sorted(paths.SPECS.glob("*.yaml"))

MLP = """\
mnist-mlp: input (784)
dense = dense(input) (512) kernel(784, 512) bias(512)
dense.relu = relu(dense) (512)
dense_1 = dense(dense.relu) (10) kernel(512, 10) bias(10)
dense_1.softmax = softmax(dense_1) (10)"""


def test_a_graph_has_a_stable_text_form():
    path = next(path for path in SPECS if path.stem == "mlp")
    assert str(compile_spec(load(path))) == MLP


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_nodes_are_unique_and_read_what_comes_before_them(path):
    seen = {INPUT}
    for node in compile_spec(load(path)).nodes:
        assert seen.issuperset(node.inputs)
        assert node.name not in seen
        seen.add(node.name)


def test_weights_have_full_names_in_the_order_of_the_nodes():
    network = {"input_shape": 3, "layers": [{"dense": 4}, {"dense": {"units": 2, "name": "head"}}]}
    graph = compile_spec(build({"network": network}))
    assert [(name, weight.shape) for name, weight in graph.weights()] == [
        ("dense/kernel", (3, 4)),
        ("dense/bias", (4,)),
        ("head/kernel", (4, 2)),
        ("head/bias", (2,)),
    ]
    assert (graph.output, graph.output_shape) == ("head", (2,))


def test_the_output_of_an_empty_graph_is_its_input():
    graph = Graph("nothing", {INPUT: TensorSpec((28, 28))}, (), {"image": INPUT})
    assert (graph.output, graph.output_shape, list(graph.weights())) == (INPUT, (28, 28), [])
    assert str(graph) == "nothing: input (28, 28)"


def test_uses_are_the_readers_of_a_value_in_order():
    layers = [
        {"dense": {"name": "a", "units": 3}},
        {"relu": {"name": "b"}},
        {"add": {"name": "c", "inputs": ["b", "a", "a"]}},
    ]
    graph = compile_spec(build({"network": {"input_shape": 3, "layers": layers}}))
    assert [node.name for node in graph.uses("a")] == ["b", "c"]
    assert [node.name for node in graph.uses("b")] == ["c"]
    assert graph.uses("c") == ()
    assert graph.only_reader("b") is graph.by_name["c"]
    assert graph.only_reader("a") is graph.only_reader("c") is None  # several; an output
