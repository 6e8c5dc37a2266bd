"""Dropout and noise layers: random in training, the identity in inference.

What they draw is declared by `noise`, drawn by `nnspec.randomness` for (seed, layer, update) and
handed to the backend, so that it is the same everywhere.
"""

from __future__ import annotations

from math import sqrt
from typing import Annotated, ClassVar

from pydantic import Field

from nnspec.components.layers.base import Example, Layer, Noise
from nnspec.components.layers.smooth_activations import SELU_ALPHA, SELU_SCALE
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape, image_shape
from nnspec.options.types import MAX_AXES, NonNegativeFloat, PositiveInt, Shape, UnitInterval


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


class MaskLayer(NoiseLayer):
    """A layer with a Bernoulli mask: 1 with probability 1 - rate for each element that is kept."""

    rate: UnitInterval

    def noise(self, x: Shape) -> Noise:
        """The mask of a row, with size 1 where elements share one number."""
        return Noise("bernoulli", self.mask_shape(x), 1 - self.rate)

    def mask_shape(self, x: Shape) -> Shape:
        """A number for each element."""
        return x


NoiseShape = Annotated[tuple[PositiveInt, ...] | None, Field(min_length=1, max_length=MAX_AXES)]


class ShapedMaskLayer(MaskLayer):
    """A layer whose mask may be shared along axes.

    `noise_shape` is the mask's shape for one row: 1 along an axis whose elements share a number,
    else the size of the axis. Unlike Keras' it has no size of the batch: each row has its own mask.
    """

    noise_shape: NoiseShape = None

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the mask must fit it."""
        mask = self.mask_shape(x)
        if len(mask) != len(x) or any(n not in (1, m) for n, m in zip(mask, x, strict=True)):
            message = f"a mask of shape {format_shape(mask)} does not fit {format_shape(x)}"
            raise ShapeError(f"{self.kind}: {message}", "its sizes are 1 or those of the input")
        return x

    def mask_shape(self, x: Shape) -> Shape:
        """The `noise_shape`, or a number for each element."""
        return x if self.noise_shape is None else self.noise_shape


class Dropout(ShapedMaskLayer, kind="dropout", primary="rate"):
    """In training each element is set to 0 with probability rate, else divided by 1 - rate.

    `noise_shape` is the mask's shape for one row: `[1, 8]` drops columns of (5, 8). Unlike Keras'
    it has no size of the batch, since each row has its own mask.
    """

    examples = (
        Example({"rate": 0.5}, (6,)),
        Example({"rate": 0.25, "noise_shape": [4, 1, 2]}, (4, 3, 2)),
    )


class StochasticDepth(MaskLayer, kind="stochastic_depth", primary="rate"):
    """In training a whole row is set to 0 with probability rate, else divided by 1 - rate.

    Also called drop path. At the end of the layers of a `residual` it leaves them out for some rows
    (Huang et al., 2016; torchvision's `mode: row`). Any shape.
    """

    examples = (Example({"rate": 0.5}, (4, 3, 2)),)

    def mask_shape(self, x: Shape) -> Shape:
        """One number."""
        return (1,) * len(x)


class SpatialDropout(MaskLayer):
    """Dropout of whole channels, the last axis, of inputs of a certain number of axes."""

    channels_last = True
    axes: ClassVar[tuple[str, ...]]  # of a row

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        if len(x) != len(self.axes):
            raise ShapeError(
                f"{self.kind} needs ({', '.join(self.axes)}) and gets {format_shape(x)}"
            )
        return x

    def mask_shape(self, x: Shape) -> Shape:
        """A number for each channel."""
        return (*(1 for _ in x[1:]), x[-1])


class SpatialDropout1D(SpatialDropout, kind="spatial_dropout1d", primary="rate"):
    """Dropout of whole channels of a sequence: each is set to 0 with probability rate."""

    axes = ("steps", "channels")

    examples = (Example({"rate": 0.5}, (4, 5)),)


class SpatialDropout2D(SpatialDropout, kind="spatial_dropout2d", primary="rate"):
    """Dropout of whole channels of an image: each is set to 0 with probability rate."""

    axes = ("height", "width", "channels")

    examples = (Example({"rate": 0.5}, (4, 3, 5)),)

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return image_shape(x, self.kind)


class SpatialDropout3D(SpatialDropout, kind="spatial_dropout3d", primary="rate"):
    """Dropout of whole channels of a volume: each is set to 0 with probability rate."""

    axes = ("depth", "height", "width", "channels")

    examples = (Example({"rate": 0.5}, (2, 3, 2, 4)),)


class AlphaDropout(ShapedMaskLayer, kind="alpha_dropout", primary="rate"):
    """In training each element is set to -1.7581 with probability rate; then y = a x + b.

    a = 1 / sqrt((1 - rate) (1 + 1.7581^2 rate)) and b = 1.7581 a rate keep mean 0 and variance 1,
    as `selu` gives them (Klambauer et al., 2017). `noise_shape` is as in `dropout`.
    """

    examples = (Example({"rate": 0.3, "noise_shape": [4, 1]}, (4, 3)),)

    @property
    def dropped_value(self) -> float:
        """The value of a dropped element: the least of selu."""
        return -SELU_ALPHA * SELU_SCALE

    @property
    def scale(self) -> float:
        """The factor a."""
        return ((1 - self.rate) * (1 + self.rate * self.dropped_value**2)) ** -0.5

    @property
    def offset(self) -> float:
        """The summand b."""
        return -self.scale * self.dropped_value * self.rate


class GaussianDropout(NoiseLayer, kind="gaussian_dropout", primary="rate"):
    """In training y = x N(1, rate / (1 - rate)): the mean and variance of dropout's factor."""

    rate: UnitInterval

    examples = (Example({"rate": 0.3}, (4, 3)),)

    def noise(self, x: Shape) -> Noise:
        """The factor of each element, less 1."""
        return Noise("normal", x, sqrt(self.rate / (1 - self.rate)))


class GaussianNoise(NoiseLayer, kind="gaussian_noise", primary="stddev"):
    """In training y = x + N(0, stddev^2)."""

    stddev: NonNegativeFloat

    examples = (Example({"stddev": 0.1}, (5,)),)

    def noise(self, x: Shape) -> Noise:
        """Normal noise N(0, stddev^2) for each element."""
        return Noise("normal", x, self.stddev)
