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
        ({"dropout": {"rate": 0.25, "noise_shape": [4, 1, 2]}}, (4, 1, 2), 0.75),
        ({"alpha_dropout": {"rate": 0.25, "noise_shape": [1, 3, 1]}}, (1, 3, 1), 0.75),
        ({"stochastic_depth": 0.25}, (1, 1, 1), 0.75),
        ({"gaussian_dropout": 0.2}, (4, 3, 2), 0.5),
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


@pytest.mark.parametrize(
    ("kind", "shape", "mask"),
    [("spatial_dropout1d", (4, 3), (1, 3)), ("spatial_dropout3d", (2, 4, 4, 3), (1, 1, 1, 3))],
)
def test_spatial_dropout_drops_channels_of_inputs_of_its_axes(kind, shape, mask):
    layer = read_component("layer", {kind: 0.5})
    assert layer.noise(layer.output_shape(shape)).shape == mask
    with pytest.raises(ShapeError, match=f"{kind} needs"):
        layer.output_shape((4, 4, 3))


@pytest.mark.parametrize("kind", ["dropout", "alpha_dropout"])
@pytest.mark.parametrize("noise_shape", [[3], [2, 3], [4, 1, 1]])
def test_a_mask_fits_the_input(kind, noise_shape):
    layer = read_component("layer", {kind: {"rate": 0.5, "noise_shape": noise_shape}})
    with pytest.raises(ShapeError, match="does not fit"):
        layer.output_shape((4, 3))


@pytest.mark.parametrize("noise_shape", [[], [0, 3], [-1]])
def test_a_mask_has_sizes(noise_shape):
    with pytest.raises(SpecError, match="noise_shape"):
        read_component("layer", {"dropout": {"rate": 0.5, "noise_shape": noise_shape}})


@pytest.mark.parametrize("rate", [0, 0.1, 0.6])
def test_alpha_dropout_keeps_mean_and_variance(rate):
    """Of a number with mean 0 and variance 1: E y = 0 and E y^2 = 1, over both of its results."""
    layer = read_component("layer", {"alpha_dropout": rate})
    a, b, dropped = layer.scale, layer.offset, layer.dropped_value
    mean = b + a * rate * dropped
    square = (1 - rate) * (a**2 + b**2) + rate * (a * dropped + b) ** 2
    assert (mean, square) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
