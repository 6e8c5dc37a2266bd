"""The activation functions (激勵函數).

A derivative at a kink is that of the branch x <= 0, so that relu'(0) = 0 on every backend.
"""

from __future__ import annotations

from math import prod

from nnspec.errors import ShapeError
from nnspec.fields import Integer, NonNegativeNumber, Number, PositiveInt, Shape
from nnspec.initializers import Zeros
from nnspec.layers.base import ActivationLayer, Example, InitializerField, Weight
from nnspec.layers.geometry import show

_EXAMPLES = (Example({}, (4,)), Example({}, (3, 2, 2)))


class Linear(ActivationLayer, kind="linear"):
    """Identity: f(x) = x. Range: all numbers. f'(x) = 1."""

    examples = _EXAMPLES

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0


class Heaviside(ActivationLayer, kind="heaviside", primary="threshold"):
    """Step: f(x) = 1 where x > threshold, else 0. f'(x) = 0, so nothing before it can learn."""

    threshold: Number = 0.0

    examples = (*_EXAMPLES, Example({"threshold": 0.5}, (4,)))


class Sigmoid(ActivationLayer, kind="sigmoid"):
    """Logistic function: f(x) = 1 / (1 + exp(-x)). Range (0, 1). f' = f (1 - f)."""

    examples = _EXAMPLES

    def flops(self, x: Shape) -> int:
        """Negation, exponential, sum and quotient for each element."""
        return 4 * prod(x)


class Tanh(ActivationLayer, kind="tanh"):
    """f(x) = (e^x - e^-x) / (e^x + e^-x). Range (-1, 1). f' = 1 - f^2."""

    examples = _EXAMPLES


class ReLU(ActivationLayer, kind="relu"):
    """Rectified linear unit: f(x) = max(0, x). Range [0, inf). f' = 1 where x > 0, else 0."""

    examples = _EXAMPLES


class LeakyReLU(ActivationLayer, kind="leaky_relu", primary="negative_slope"):
    """f(x) = x where x > 0, else negative_slope x. f' = 1 or negative_slope.

    The default slope is 0.01 (Maas et al., 2013), where Keras' layer has 0.3 and its string 0.2.
    """

    negative_slope: NonNegativeNumber = 0.01

    examples = (*_EXAMPLES, Example({"negative_slope": 0.3}, (4,)))

    def flops(self, x: Shape) -> int:
        """A comparison and a product for each element."""
        return 2 * prod(x)


class PReLU(ActivationLayer, kind="prelu", primary="alpha_initializer"):
    """Parametric ReLU: f(x) = x where x > 0, else alpha x, with alpha learned (He et al., 2015).

    One alpha per element of the input; axes in `shared_axes` (counted from 1) share theirs.
    """

    alpha_initializer: InitializerField = Zeros()
    shared_axes: tuple[PositiveInt, ...] = ()

    examples = (
        Example({"alpha_initializer": {"constant": 0.25}}, (4,)),
        Example({"alpha_initializer": {"constant": 0.1}, "shared_axes": [1, 2]}, (3, 2, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; a shared axis must exist."""
        for axis in self.shared_axes:
            if axis > len(x):
                raise ShapeError(f"prelu shares axis {axis}, but its input {show(x)} has {len(x)}")
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """alpha, of the input's shape with shared axes of size 1."""
        shape = tuple(1 if axis in self.shared_axes else n for axis, n in enumerate(x, start=1))
        return {"alpha": Weight(shape, self.alpha_initializer)}

    def flops(self, x: Shape) -> int:
        """A comparison and a product for each element."""
        return 2 * prod(x)


class Softmax(ActivationLayer, kind="softmax", primary="axis"):
    """f(x)_m = exp(x_m) / sum_l exp(x_l) along an axis. Range (0, 1); the outputs sum to 1.

    `axis` counts the axes of a row from 1, or from the end as -1, -2, ...
    """

    axis: Integer = -1

    examples = (*_EXAMPLES, Example({"axis": 1}, (3, 2)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axis must exist and is not the batch's."""
        if not (1 <= self.axis <= len(x) or -len(x) <= self.axis <= -1):
            raise ShapeError(f"softmax over axis {self.axis}, but its input is {show(x)}")
        return x

    def flops(self, x: Shape) -> int:
        """Difference from the largest, exponential, sum and quotient for each element."""
        return 4 * prod(x)
