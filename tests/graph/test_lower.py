"""Layers that are expressed by other layers."""

from __future__ import annotations

import pytest

from nnspec.components.layers.activations import Sigmoid
from nnspec.components.layers.base import Layer
from nnspec.components.layers.dense import Dense
from nnspec.components.layers.merging import Add, Multiply
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.lower import lower
from nnspec.graph.verify import verify
from nnspec.options.component import DEFINED
from nnspec.options.types import PositiveInt
from nnspec.spec.loader import build


@pytest.fixture(autouse=True)
def _layers():
    """Layers with lowerings, which only these tests know."""

    class GatedUnit(Layer, kind="test_gated_unit", primary="units"):
        """y = dense(x) sigmoid(dense(x))."""

        units: PositiveInt

        def lower(self, add, x):
            value = add(Dense(units=self.units), x)
            gate = add(Dense(units=self.units, activation=Sigmoid()), x)
            add(Sigmoid(), value)  # not needed
            return add(Multiply(), value, gate)

    class Mix(Layer, kind="test_mix"):
        """y = x + gated(z): two inputs, and a lowering within a lowering."""

        arity = 2

        def lower(self, add, x, z):
            return add(Add(), x, add(GatedUnit(units=x.shape[-1]), z))

    class ByShape(Layer, kind="test_by_shape"):
        """Two dense layers for a wide input, one for a narrow one."""

        def lower(self, add, x):
            value = add(Dense(units=2), x)
            return add(Dense(units=2), value) if x.shape[-1] > 2 else value

    class Nothing(Layer, kind="test_nothing"):
        """Its lowering is wrong: it gives its input."""

        def lower(self, add, x):
            return x

    yield
    for kind in ("gated_unit", "mix", "by_shape", "nothing"):
        del DEFINED["layer", f"test_{kind}"]


def compiled(*layers, **network):
    return compile_spec(build({"network": {"input_shape": 3, "layers": list(layers), **network}}))


def edges(graph):
    return {node.name: node.inputs for node in graph.nodes}


def test_a_lowered_layer_has_shapes_weights_and_parameters_of_its_lowering():
    (node,) = compiled({"test_gated_unit": 2}).nodes
    assert node.shape == (2,)
    assert {name: weight.shape for name, weight in node.weights.items()} == {
        "dense/kernel": (3, 2), "dense/bias": (2,), "dense_1/kernel": (3, 2), "dense_1/bias": (2,),
    }  # fmt: skip


def test_lowering_replaces_the_node_and_keeps_the_weights():
    graph = compiled({"test_gated_unit": {"name": "g", "units": 2}}, "relu")
    lowered = verify(lower(graph))
    assert edges(lowered) == {
        "g/dense": ("input",),
        "g/dense_1": ("input",),
        "g/sigmoid": ("g/dense_1",),
        "g/multiply": ("g/dense", "g/sigmoid"),
        "relu": ("g/multiply",),
    }
    assert list(lowered.weights()) == list(graph.weights())
    assert lowered.output_shape == graph.output_shape
    assert lower(lowered) is lowered


def test_a_layer_with_a_rule_is_not_lowered():
    graph = compiled({"test_gated_unit": 2})
    assert lower(graph, lambda layer: layer.kind == "test_gated_unit") == graph


def test_a_lowering_may_read_two_inputs_and_be_lowered_further():
    graph = compiled({"dense": {"name": "x", "units": 3}}, {"test_mix": {"inputs": ["x", "input"]}})
    lowered = verify(lower(graph))
    assert [node.kind for node in lowered.nodes] == [
        "dense", "dense", "dense", "sigmoid", "multiply", "add",
    ]  # fmt: skip
    assert list(lowered.weights()) == list(graph.weights())
    assert lowered.outputs == {"test_mix": "test_mix/add"}


def test_a_shared_lowered_layer_shares_the_weights_of_its_lowering():
    graph = compiled({"test_gated_unit": {"name": "g", "units": 3}}, {"shared": "g"})
    lowered = verify(lower(graph))
    assert {node.owner for node in lowered.nodes if node.kind == "dense"} == {
        "g/dense",
        "g/dense_1",
    }
    assert len(list(lowered.weights())) == 4


@pytest.mark.parametrize("layers", [
    [{"test_by_shape": {"name": "g"}}, {"shared": "g"}],
    [{"dense": 2}, {"test_by_shape": {"name": "g"}}, {"dense": 3}, {"shared": "g"}],
])  # fmt: skip
def test_a_lowering_that_has_other_weights_on_another_shape_cannot_be_shared(layers):
    with pytest.raises(SpecError, match="g was made for"):
        compiled(*layers)


def test_a_wrong_lowering_is_a_programming_error():
    with pytest.raises(TypeError, match="test_nothing gives no value that it added"):
        compiled("test_nothing")
