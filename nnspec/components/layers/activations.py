"""The activation functions (激勵函數).

A derivative at a kink is that of the branch x <= 0, so that relu'(0) = 0 on every backend.
"""

from __future__ import annotations

from math import inf, prod

from nnspec.components.initializers.constant import Zeros
from nnspec.components.layers.base import (
    ActivationLayer,
    ConstraintField,
    ElementwiseActivation,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    RequiredActivationField,
    Weight,
    WeightedLayer,
)
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.types import NonNegativeFloat, PositiveInt, Shape

_EXAMPLES = (Example({}, (4,)), Example({}, (3, 2, 2)))


class Linear(ElementwiseActivation, kind="linear"):
    """Identity: f(x) = x.

    Derivative: f'(x) = 1.
    Range: (-inf, inf).
    Properties: no kink, monotonic, unbounded, f(0) = 0.
    Remark: for the output of a regression. Not in hidden layers: a stack of linear layers is one
    linear layer, however deep.
    """

    operations = 0
    affine = True
    identity = True

    examples = _EXAMPLES


class Heaviside(ElementwiseActivation, kind="heaviside", primary="threshold"):
    """Step: f(x) = 1 where x > threshold, else 0.

    Derivative: f'(x) = 0 (there is none at the threshold, where the branch on the left counts).
    Range: {0, 1}.
    Properties: a jump, monotonic, bounded.
    Remark: on or off, like a neuron. Gradient descent cannot train what comes before it, since
    no gradient passes.
    """

    output_range = (0.0, 1.0)
    zero_gradient = True

    threshold: float = 0.0

    examples = (*_EXAMPLES, Example({"threshold": 0.5}, (4,)))


class Sigmoid(ElementwiseActivation, kind="sigmoid"):
    """Logistic function: f(x) = 1 / (1 + exp(-x)).

    Derivative: f'(x) = f(x) (1 - f(x)), at most 1/4, at x = 0.
    Range: (0, 1).
    Properties: smooth, monotonic, bounded, f(0) = 1/2.
    Remark: the output of a binary classification is a probability. In hidden layers the gradient
    vanishes (梯度消失): each layer passes on a quarter of it at most, nearly nothing where |x| is
    large. exp takes time to compute.
    """

    operations = 4
    output_range = (0.0, 1.0)
    probabilities = True
    saturates = True

    examples = _EXAMPLES


class Tanh(ElementwiseActivation, kind="tanh"):
    """Hyperbolic tangent: f(x) = (e^x - e^-x) / (e^x + e^-x).

    Derivative: f'(x) = 1 - f(x)^2, at most 1, at x = 0.
    Range: (-1, 1).
    Properties: smooth, monotonic, bounded, odd, f(0) = 0.
    Remark: usually converges faster than sigmoid: its slope at 0 is four times as large, and its
    outputs lie around 0. The gradient still vanishes where |x| is large.
    """

    output_range = (-1.0, 1.0)
    saturates = True

    examples = _EXAMPLES


class ReLU(ElementwiseActivation, kind="relu"):
    """Rectified linear unit: f(x) = max(0, x).

    Derivative: f'(x) = 1 where x > 0, else 0.
    Range: [0, inf).
    Properties: a kink at 0, monotonic, unbounded above, f(0) = 0.
    Remark: cheap, and the gradient does not vanish where x > 0, so deep networks usually converge
    much faster than with sigmoid or tanh. A unit with x <= 0 for every row gets no gradient any
    more (dying ReLU); leaky_relu avoids it.

    With options, f(x) = min(x, max_value) where x > threshold, else negative_slope (x - threshold).
    """

    max_value: NonNegativeFloat | None = None
    negative_slope: NonNegativeFloat = 0.0
    threshold: NonNegativeFloat = 0.0

    examples = (
        *_EXAMPLES,
        Example({"max_value": 0.8, "negative_slope": 0.1, "threshold": 0.3}, (3, 2, 2)),
    )

    @property
    def is_plain(self) -> bool:
        """Whether it is max(0, x)."""
        return self.max_value is None and not (self.negative_slope or self.threshold)

    @property
    def output_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From 0, or from -inf where the negative side has a slope, to `max_value`."""
        low = -inf if self.negative_slope else 0.0
        return low, inf if self.max_value is None else self.max_value

    @property
    def saturates(self) -> bool:  # type: ignore[override]
        """Whether both sides are flat."""
        return self.max_value is not None and not self.negative_slope


class GELU(ElementwiseActivation, kind="gelu"):
    """Gaussian error linear unit: f(x) = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2.

    Derivative: f'(x) = Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi).
    Range: [-0.17, inf).
    Properties: smooth, not monotonic, unbounded above, f(0) = 0.
    Remark: a smooth relu, usual in transformers (Hendrycks and Gimpel, 2016).

    With `approximate`, f(x) = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    """

    operations = 5
    output_range = (-0.17, inf)

    approximate: bool = False

    examples = (*_EXAMPLES, Example({"approximate": True}, (4,)))


class SiLU(ElementwiseActivation, kind="silu"):
    """Sigmoid linear unit, or swish: f(x) = x sigmoid(x).

    Derivative: f'(x) = s (1 + x (1 - s)), with s = sigmoid(x).
    Range: [-0.28, inf).
    Properties: smooth, not monotonic, unbounded above, f(0) = 0.
    Remark: a smooth relu, usual in EfficientNet and MobileNetV3 (Ramachandran et al., 2017).
    """

    operations = 5
    output_range = (-0.28, inf)

    examples = _EXAMPLES


class LeakyReLU(ElementwiseActivation, kind="leaky_relu", primary="negative_slope"):
    """Leaky ReLU: f(x) = x where x > 0, else negative_slope x.

    Derivative: f'(x) = 1 where x > 0, else negative_slope.
    Range: (-inf, inf), where negative_slope > 0.
    Properties: a kink at 0, monotonic, unbounded, f(0) = 0.
    Remark: cheap like relu, without its flat side: a gradient passes everywhere, so no unit dies.

    The default slope is 0.01 (Maas et al., 2013), where Keras' layer has 0.3 and its string 0.2.
    """

    operations = 2

    negative_slope: NonNegativeFloat = 0.01

    examples = (*_EXAMPLES, Example({"negative_slope": 0.3}, (4,)))


class PReLU(ActivationLayer, WeightedLayer, kind="prelu", primary="alpha_initializer"):
    """Parametric ReLU: f(x) = x where x > 0, else alpha x, with alpha learned (He et al., 2015).

    Derivative: f'(x) = 1 where x > 0, else alpha; by alpha it is 0 where x > 0, else x.
    Range: (-inf, inf), where alpha > 0.
    Properties: a kink at 0, unbounded, f(0) = 0.
    Remark: leaky_relu whose slope is fitted to the data. Avoids flat spots and dying units, for a
    parameter more each.

    One alpha per element of the input; axes in `shared_axes` (counted from 1) share theirs.
    """

    row_independent = True

    alpha_initializer: InitializerField = Zeros.model_construct()
    alpha_regularizer: RegularizerField = None
    alpha_constraint: ConstraintField = None
    shared_axes: tuple[PositiveInt, ...] = ()

    examples = (
        Example({"alpha_initializer": {"constant": 0.25}}, (4,)),
        Example({"alpha_initializer": {"constant": 0.1}, "shared_axes": [1, 2]}, (3, 2, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; a shared axis must exist."""
        for axis in self.shared_axes:
            if axis > len(x):
                raise ShapeError(
                    f"prelu shares axis {axis}, but its input {format_shape(x)} has {len(x)}"
                )
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """alpha, of the input's shape with shared axes of size 1."""
        shape = tuple(1 if axis in self.shared_axes else n for axis, n in enumerate(x, start=1))
        alpha = self.alpha_initializer, self.alpha_regularizer, self.alpha_constraint
        return {"alpha": Weight(shape, *alpha)}

    def flops(self, x: Shape) -> int:
        """A comparison and a product for each element."""
        return 2 * prod(x)


class Softmax(ActivationLayer, kind="softmax", primary="axis"):
    """Softmax: f(x)_m = exp(x_m) / sum_l exp(x_l) along an axis.

    Derivative: df_m/dx_l = f_m ((1 where m = l, else 0) - f_l).
    Range: (0, 1), and the outputs sum to 1.
    Properties: smooth, bounded; a number added to every x changes nothing.
    Remark: for M classes, M outputs that are a probability distribution. With two classes it is
    sigmoid of the difference.

    `axis` counts the axes of a row from 1, or from the end as -1, -2, ...
    """

    output_range = (0.0, 1.0)
    probabilities = True
    row_independent = True

    axis: int = -1

    examples = (*_EXAMPLES, Example({"axis": 1}, (3, 2)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axis must exist and is not the batch's."""
        if not (1 <= self.axis <= len(x) or -len(x) <= self.axis <= -1):
            raise ShapeError(f"softmax over axis {self.axis}, but its input is {format_shape(x)}")
        return x

    def flops(self, x: Shape) -> int:
        """Difference from the largest, exponential, sum and quotient for each element."""
        return 4 * prod(x)


class Activation(Layer, kind="activation", primary="activation"):
    """An activation function as a layer of its own: y = activation(x). Any shape."""

    activation: RequiredActivationField

    examples = (Example({"activation": "relu"}, (2, 3)),)

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Those of the activation (only `prelu` has any)."""
        return self.activation.weights(x)

    def split(self) -> tuple[Layer, ...]:
        """The activation itself."""
        return (self.activation,)
