"""Dropout and noise layers: random in training, the identity in inference.

What they draw is declared by `noise`, drawn by `nnspec.randomness` for (seed, layer, update) and
handed to the backend, so that it is the same everywhere.
"""

from __future__ import annotations

from nnspec.components.layers.base import Example, Layer, Noise
from nnspec.options.shapes import image_shape
from nnspec.options.types import NonNegativeFloat, Shape, UnitInterval


class NoiseLayer(Layer):
    """A layer that keeps the shape and draws at each update."""

    affine = True
    row_independent = True

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return x

    def flops(self, x: Shape) -> int:
        """Nothing when predicting."""
        return 0


class Dropout(NoiseLayer, kind="dropout", primary="rate"):
    """In training each element is set to 0 with probability rate, else divided by 1 - rate."""

    rate: UnitInterval

    examples = (Example({"rate": 0.5}, (6,)), Example({"rate": 0.25}, (4, 3, 2)))

    def noise(self, x: Shape) -> Noise:
        """Bernoulli mask: 1 for each element that is kept."""
        return Noise("bernoulli", x, 1 - self.rate)


class SpatialDropout2D(NoiseLayer, kind="spatial_dropout2d", primary="rate"):
    """Dropout of whole channels of an image: each is set to 0 with probability rate."""

    channels_last = True

    rate: UnitInterval

    examples = (Example({"rate": 0.5}, (4, 3, 5)),)

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return image_shape(x, self.kind)

    def noise(self, x: Shape) -> Noise:
        """Bernoulli mask: 1 for each channel that is kept."""
        return Noise("bernoulli", (1, 1, x[2]), 1 - self.rate)


class GaussianNoise(NoiseLayer, kind="gaussian_noise", primary="stddev"):
    """In training y = x + N(0, stddev^2)."""

    stddev: NonNegativeFloat

    examples = (Example({"stddev": 0.1}, (5,)),)

    def noise(self, x: Shape) -> Noise:
        """Normal noise N(0, stddev^2) for each element."""
        return Noise("normal", x, self.stddev)
