"""Outputs of a network's nodes, on every backend."""

import numpy as np
import pytest

from nnspec.analysis.activations import activations, graph_of_values, output
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.loader import build
from tests.networks import away_from_kinks, graph_of

NEEDS = {"numpy": "numpy", "numpy:reference": "numpy", "torch": "torch", "keras": "keras"}
LAYERS = [
    {"conv2d": {"filters": 2, "kernel_size": 3, "activation": "relu"}},
    {"max_pooling2d": 2},
    "flatten",
    {"dropout": 0.5},
    {"dense": {"units": 3, "activation": "softmax"}},
]


@pytest.fixture(params=NEEDS)
def compute(request):
    pytest.importorskip(NEEDS[request.param])
    return ComputeConfig(request.param, "float64")


def test_each_node_gives_what_its_formula_says(compute):
    graph = graph_of(LAYERS, (6, 6, 1))
    weights = initial_weights(graph, seed=3)
    x = away_from_kinks((2, 6, 6, 1))
    found = activations(graph, weights, x, compute)
    assert list(found) == [node.name for node in graph.nodes]
    windows = np.lib.stride_tricks.sliding_window_view(x[..., 0], (3, 3), axis=(1, 2))
    conv = np.einsum("nijuv,uvf->nijf", windows, weights["conv2d/kernel"][:, :, 0])
    pooled = np.maximum(conv, 0).reshape(2, 2, 2, 2, 2, 2).max(axis=(2, 4))
    z = pooled.reshape(2, 8) @ weights["dense/kernel"]
    expected = {
        "conv2d": conv,
        "conv2d.relu": np.maximum(conv, 0),
        "max_pooling2d": pooled,
        "flatten": pooled.reshape(2, 8),
        "dropout": pooled.reshape(2, 8),  # nothing is dropped when a network is used
        "dense": z,
        "dense.softmax": np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
    }
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-12), name


def test_the_last_node_gives_the_networks_output(compute):
    graph = graph_of(LAYERS, (6, 6, 1))
    weights, x = initial_weights(graph, seed=1), away_from_kinks((3, 6, 6, 1))
    last = activations(graph, weights, x, compute)["dense.softmax"]
    assert (last == output(graph, weights, x, compute)).all()


def test_the_values_of_some_nodes_alone(compute):
    graph = graph_of(LAYERS, (6, 6, 1))
    weights, x = initial_weights(graph, seed=1), away_from_kinks((3, 6, 6, 1))
    some = activations(graph, weights, x, compute, ["max_pooling2d", "conv2d"])
    every = activations(graph, weights, x, compute)
    assert list(some) == ["max_pooling2d", "conv2d"]
    assert all((some[name] == every[name]).all() for name in some)


def test_a_graph_of_values_has_only_what_they_need():
    graph = graph_of(LAYERS, (6, 6, 1))
    part = graph_of_values(graph, ["max_pooling2d"])
    assert (part.output, part.output_shape) == ("max_pooling2d", (2, 2, 2))
    assert [name for name, _ in part.weights()] == ["conv2d/kernel", "conv2d/bias"]


def test_the_values_of_a_graph_with_several_inputs(compute):
    layers = [
        {"dense": {"units": 2, "inputs": "a", "name": "left"}},
        {"residual": {"inputs": ["b"], "layers": [{"dense": 2}, "tanh"], "name": "right"}},
        {"shared": {"layer": "left", "inputs": "c", "name": "twin"}},
        {"add": {"inputs": ["left", "right", "twin"]}},
    ]
    inputs = {"a": {"shape": [3]}, "b": {"shape": [2]}, "c": {"shape": [3]}}
    graph = compile_spec(build({"network": {"inputs": inputs, "layers": layers}}))
    weights = initial_weights(graph, seed=2)
    x = {
        "a": away_from_kinks((4, 3)),
        "b": away_from_kinks((4, 2)),
        "c": away_from_kinks((4, 3), 1),
    }
    found = activations(graph, weights, x, compute)
    left, twin = (x[name] @ weights["left/kernel"] for name in "ac")
    right = np.tanh(x["b"] @ weights["right/dense/kernel"])
    assert found["twin"] == pytest.approx(twin, rel=1e-12)
    assert found["right/tanh"] == pytest.approx(right, rel=1e-12)
    assert found["right/add"] == pytest.approx(right + x["b"], rel=1e-12)
    assert found["add"] == pytest.approx(left + right + x["b"] + twin, rel=1e-12)
