from __future__ import annotations

from math import prod

import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.options.component import to_plain
from nnspec.options.shapes import Product
from nnspec.options.validation import read_component


def dense(**options):
    return read_component("layer", {"dense": {"units": 4, **options}})


def test_dense_weights_are_laid_out_as_in_keras():
    weights = dense().weights((3,))
    assert {name: w.shape for name, w in weights.items()} == {"kernel": (3, 4), "bias": (4,)}
    assert [w.initializer.kind for w in weights.values()] == ["glorot_uniform", "zeros"]
    assert list(dense(use_bias=False).weights((3,))) == ["kernel"]


def test_dense_formulas_remember_the_flattened_image():
    x = (Product.of((28, 28)),)
    assert dense().formula(x) == "(28*28+1)*4"
    assert dense(use_bias=False).formula(x) == "28*28*4"
    assert dense().formula((784,)) == "(784+1)*4"


def test_dense_flops_are_a_product_and_a_sum_per_weight():
    assert dense().flops((3,)) == 3 * 4 * 2 + 4
    assert dense(use_bias=False).flops((3,)) == 3 * 4 * 2


@pytest.mark.parametrize("x", [(3,), (2, 3), (26, 26, 32)])
def test_dense_acts_on_the_last_axis(x):
    assert dense().output_shape(x) == (*x[:-1], 4)
    assert dense().weights(x)["kernel"].shape == (x[-1], 4)
    assert dense().flops(x) == dense().flops(x[-1:]) * prod(x[:-1])


def test_dense_needs_an_axis():
    with pytest.raises(ShapeError, match="dense gets a single number"):
        dense().output_shape(())


def test_a_dense_with_an_activation_is_two_layers():
    affine, relu = dense(activation="relu").split()
    assert to_plain(affine) == to_plain(dense())
    assert relu.kind == "relu"


@pytest.mark.parametrize("activation", ["linear", None])
def test_a_linear_activation_adds_nothing(activation):
    assert [part.kind for part in dense(activation=activation).split()] == ["dense"]


def test_activation_as_a_layer_is_the_activation():
    layer = read_component("layer", {"activation": "tanh"})
    assert layer.output_shape((2, 3)) == (2, 3)
    assert [part.kind for part in layer.split()] == ["tanh"]


def test_activation_holds_the_weights_of_prelu():
    layer = read_component("layer", {"activation": {"activation": {"prelu": {"shared_axes": [1]}}}})
    assert layer.weights((2, 3))["alpha"].shape == (1, 3)


@pytest.mark.parametrize("written", ["dense", "flatten", "rel", {"relu": {"slope": 1}}])
def test_only_activations_are_activations(written):
    with pytest.raises(SpecError):
        dense(activation=written)


def test_an_activation_inside_a_layer_has_no_name():
    with pytest.raises(SpecError, match="relu inside a layer has no name"):
        dense(activation={"relu": {"name": "mine"}})
