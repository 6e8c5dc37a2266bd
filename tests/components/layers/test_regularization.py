from __future__ import annotations

import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.options.validation import read_component


@pytest.mark.parametrize(
    ("written", "shape", "amount"),
    [
        ({"dropout": 0.25}, (4, 3, 2), 0.75),
        ({"spatial_dropout2d": 0.25}, (1, 1, 2), 0.75),
        ({"gaussian_noise": 0.25}, (4, 3, 2), 0.25),
    ],
)
def test_what_a_layer_draws_broadcasts_over_its_input(written, shape, amount):
    layer = read_component("layer", written)
    noise = layer.noise((4, 3, 2))
    assert (noise.shape, noise.amount) == (shape, amount)
    assert layer.output_shape((4, 3, 2)) == (4, 3, 2)
    assert (layer.weights((4, 3, 2)), layer.flops((4, 3, 2))) == ({}, 0)


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, "0.5", True])
def test_a_rate_is_a_share_below_1(rate):
    with pytest.raises(SpecError, match="rate"):
        read_component("layer", {"dropout": rate})


def test_spatial_dropout_needs_channels():
    with pytest.raises(ShapeError, match="spatial_dropout2d needs"):
        read_component("layer", {"spatial_dropout2d": 0.5}).output_shape((4, 3))


def test_a_layer_that_is_not_random_draws_nothing():
    assert read_component("layer", "relu").noise((3,)) is None
