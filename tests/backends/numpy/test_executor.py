"""The executor of the reference engine: what it differentiates, keeps and passes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import Executor, nodes_to_differentiate
from nnspec.graph.ir import Graph
from nnspec.options.tensor_spec import TensorSpec
from tests.backends.numpy.small_graphs import X, case, named


def test_only_what_depends_on_a_trained_weight_is_differentiated():
    layers = [
        named("tanh", "before"), named("dense", "a", units=3), named("add", "sum", "before", "a"),
        named("relu", "aside", "before"), named("add", "all", "sum", "aside"),
    ]  # fmt: skip
    assert nodes_to_differentiate(case(layers).graph()) == {"a", "sum", "all"}


def test_prediction_drops_a_value_after_its_last_reader():
    layers = [
        named("tanh", "a"), named("tanh", "b"), named("add", "c", "a", "b"), named("tanh", "d"),
    ]  # fmt: skip
    graph = case(layers).graph()
    executor = Executor(graph, ParameterStore(graph, np.dtype(np.float64), 0), training=False)
    assert graph.last_reads == {"a": ("input",), "b": (), "c": ("a", "b"), "d": ("c",)}
    outputs = executor.predict({"input": X})
    np.testing.assert_array_equal(outputs["d"], np.tanh(np.tanh(X) + np.tanh(np.tanh(X))))


def test_a_node_may_give_several_values(monkeypatch):
    """Halves of the input, of which the second is read twice and the third by nobody."""

    def halves(_: Any, __: Any) -> Any:
        def backward(*dy: np.ndarray) -> tuple[np.ndarray]:
            return (np.concatenate(dy, axis=1),)

        return lambda x: ((x[:, :1], x[:, 1:2], x[:, 2:]), backward)

    layers = [
        named("dense", "a", units=3, use_bias=False), named("linear", "split"),
        named("multiply", "square", "split", "split"),
    ]  # fmt: skip
    graph = case(layers).graph()
    a, split, square = graph.nodes
    part = TensorSpec((1,))
    split = split._replace(output_specs=(part, part, part))
    square = square._replace(
        inputs=("split:1", "split:1"), input_specs=(part, part), output_specs=(part,)
    )
    graph = graph.replace(nodes=(a, split, square), outputs={"y": "square"})
    load = registry.LAYERS._load
    rules = {"linear": halves}
    monkeypatch.setattr(registry.LAYERS, "_load", lambda kind: rules.get(kind) or load(kind))
    store = ParameterStore(graph, np.dtype(np.float64), 0)
    store.parameters.views["a/kernel"][...] = np.eye(3)
    outputs, backward = Executor(graph, store, training=True).forward({"input": X})
    np.testing.assert_array_equal(outputs["y"], np.square(X[:, 1:2]))
    backward({"y": np.ones((4, 1))})
    expected = X.T @ np.pad(2 * X[:, 1:2], ((0, 0), (1, 1)))
    np.testing.assert_allclose(store.gradients.views["a/kernel"], expected, rtol=1e-14)


def whole_number_graph() -> Graph:
    """A node that gives the whole number 2 and x, of which the second is read."""
    layers = [
        named("dense", "a", units=3, use_bias=False), named("linear", "pair"),
        named("tanh", "y"),
    ]  # fmt: skip
    a, pair, y = case(layers).graph().nodes
    number = TensorSpec((3,), "int64")
    pair = pair._replace(output_specs=(number, *pair.output_specs))
    y = y._replace(inputs=("pair:1",))
    return case(layers).graph().replace(nodes=(a, pair, y), outputs={"y": "y", "n": "pair"})


def number_and_value(_: Any, __: Any) -> Any:
    """The rule of that node; the gradient of the whole number is 0."""

    def backward(number: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray]:
        assert not number.any()
        return (dy,)

    return lambda x: ((np.full(x.shape, 2), x), backward)


def test_a_whole_number_has_no_gradient_and_the_value_beside_it_has_one(monkeypatch):
    graph = whole_number_graph()
    assert nodes_to_differentiate(graph) == {"a", "pair:1", "y"}
    load = registry.LAYERS._load
    monkeypatch.setattr(
        registry.LAYERS, "_load", lambda kind: number_and_value if kind == "linear" else load(kind)
    )
    store = ParameterStore(graph, np.dtype(np.float64), 0)
    store.parameters.views["a/kernel"][...] = np.eye(3)
    outputs, backward = Executor(graph, store, training=True).forward({"input": X})
    assert outputs["n"].dtype == np.int64
    backward({"y": np.ones((4, 3))})
    expected = X.T @ (1 - np.tanh(X) ** 2)
    np.testing.assert_allclose(store.gradients.views["a/kernel"], expected, rtol=1e-13)


def test_a_whole_number_passes_no_gradient_on():
    graph = whole_number_graph()
    a, pair, y = graph.nodes
    y = y._replace(inputs=("pair",))
    assert nodes_to_differentiate(graph.replace(nodes=(a, pair, y))) == {"a", "pair:1"}
