"""Max pooling moves before a ReLU that it alone reads, and nothing else changes."""

from __future__ import annotations

from nnspec.graph.compile import compile_spec
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu
from nnspec.graph.verify import verify
from nnspec.spec.loader import build


def compiled(*layers, **network):
    values = {"input_shape": [4, 4, 1], "layers": list(layers), **network}
    return compile_spec(build({"network": values}))


def edges(graph):
    return [(node.name, node.inputs) for node in graph.nodes]


def test_a_pair_is_swapped_and_its_reader_follows():
    graph = verify(pool_before_relu(compiled("relu", "max_pooling2d", "flatten")))
    assert edges(graph) == [
        ("max_pooling2d", ("input",)),
        ("relu", ("max_pooling2d",)),
        ("flatten", ("relu",)),
    ]
    assert graph.by_name["relu"].shape == (2, 2, 1)


def test_a_pair_at_the_end_is_swapped_and_the_output_follows():
    graph = verify(pool_before_relu(compiled("relu", "max_pooling2d")))
    assert graph.outputs == {"max_pooling2d": "relu"}


def test_a_relu_with_two_readers_stays():
    graph = compiled("relu", "max_pooling2d", {"flatten": {"inputs": "relu"}},
                     outputs=["max_pooling2d", "flatten"])  # fmt: skip
    assert pool_before_relu(graph) is graph


def test_a_relu_that_is_an_output_stays():
    graph = compiled("relu", "max_pooling2d", outputs=["relu", "max_pooling2d"])
    assert pool_before_relu(graph) is graph


def test_an_unrelated_node_beside_the_pair_keeps_its_inputs():
    layers = "relu", "max_pooling2d", {"tanh": {"inputs": "input"}}
    graph = verify(pool_before_relu(compiled(*layers, outputs=["max_pooling2d", "tanh"])))
    assert dict(edges(graph))["tanh"] == ("input",)


def test_two_pairs_in_a_row_and_several_readers():
    second = {"relu": {"name": "r"}}, {"max_pooling2d": {"name": "p"}}
    readers = "flatten", {"flatten": {"name": "f", "inputs": "p"}}
    layers = ("relu", {"max_pooling2d": 1}, *second, *readers)
    graph = verify(pool_before_relu(compiled(*layers, outputs=["flatten", "f"])))
    assert dict(edges(graph)) == {
        "max_pooling2d": ("input",), "relu": ("max_pooling2d",),
        "p": ("relu",), "r": ("p",), "flatten": ("r",), "f": ("r",),
    }  # fmt: skip
