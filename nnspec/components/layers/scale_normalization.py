"""Normalization layers that divide by a root of squares and subtract no mean."""

from __future__ import annotations

from math import prod

from nnspec.components.initializers.constant import Ones
from nnspec.components.layers.base import Example, Layer, Weight, WeightedLayer
from nnspec.components.layers.normalization import Axes
from nnspec.errors import ShapeError
from nnspec.options.shapes import row_axis
from nnspec.options.types import NonNegativeFloat, PositiveFloat, PositiveInt, Shape

MIN_NORM = 1e-12  # a shorter vector is divided by this


class AxesNormalization(Layer):
    """A normalization over `axis` of each row: one axis or several, counted from 1 or the end."""

    row_independent = True

    axis: Axes = (-1,)

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axes must exist."""
        self.indices(x)
        return x

    def flops(self, x: Shape) -> int:
        """Square, sum, quotient and product for each element."""
        return 4 * prod(x)

    def bind(self, x: Shape) -> Layer:
        """The axes counted from the end, in order."""
        return self.replace(axis=tuple(axis - len(x) for axis in self.indices(x)))

    def indices(self, x: Shape) -> tuple[int, ...]:
        """Indices in `x` of the axes, in order."""
        axes = sorted({row_axis(axis, x, self.kind) for axis in self.axis})
        if len(axes) != len(self.axis):
            raise ShapeError(f"{self.kind} names an axis twice")
        return tuple(axes)


class UnitNormalization(AxesNormalization, kind="unit_normalization", primary="axis"):
    """y = x / max(|x|, 1e-12), with the length |x| = sqrt(sum x^2) over `axis` of each row.

    Axes count from 1, or from the end as -1, -2, ... Any shape.
    """

    examples = (Example({}, (4,)), Example({"axis": [1, 3]}, (3, 2, 2)))


class RMSNormalization(AxesNormalization, WeightedLayer, kind="rms_normalization"):
    """y = scale x / sqrt(mean x^2 + epsilon), over `axis` of each row (Zhang and Sennrich, 2019).

    Axes count from 1, or from the end as -1, -2, ... `scale`, which is trained and starts at 1, has
    their sizes. Defaults as in Keras.
    """

    epsilon: PositiveFloat = 1e-6

    examples = (Example({"epsilon": 0.01}, (4,)), Example({"axis": [1, 3]}, (3, 2, 2)))

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The scale, with the sizes of the axes."""
        return {"scale": Weight(tuple(x[i] for i in self.indices(x)), Ones.model_construct())}


class LocalResponseNormalization(Layer, kind="local_response_normalization", primary="size"):
    """y_c = x_c / (k + alpha / size sum x_i^2)^beta, over the channels i around c, the last axis.

    These are `size` channels, from c - size // 2 on; those that are not there count as 0
    (Krizhevsky et al., 2012, whose k is 2; defaults as in PyTorch).
    """

    channels_last = True
    row_independent = True

    size: PositiveInt
    alpha: NonNegativeFloat = 1e-4
    beta: NonNegativeFloat = 0.75
    k: PositiveFloat = 1.0

    examples = (
        Example({"size": 3, "alpha": 0.3}, (2, 2, 5)),
        Example({"size": 4, "alpha": 0.3, "beta": 0.6, "k": 1.7}, (6,)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; there must be a channel axis."""
        if not x:
            raise ShapeError(f"{self.kind} gets a single number, which has no channels")
        return x

    def flops(self, x: Shape) -> int:
        """A square, the sum of the window, a power and a quotient for each element."""
        return (self.size + 5) * prod(x)
