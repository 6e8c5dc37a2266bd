"""Activations with exponentials, logarithms or square roots: elu, mish, softplus and their kin.

A derivative at a kink is that of the branch x <= 0, as in `activations`.
"""

from __future__ import annotations

from math import inf

from nnspec.components.layers.base import ElementwiseActivation, Example
from nnspec.options.types import PositiveFloat

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class ELU(ElementwiseActivation, kind="elu", primary="alpha"):
    """Exponential linear unit: f(x) = x where x > 0, else alpha (e^x - 1).

    Derivative: f'(x) = 1 where x > 0, else alpha e^x.
    Range: (-1, inf), or (-alpha, inf).
    Properties: smooth where alpha = 1, monotonic, unbounded above, f(0) = 0.
    Remark: a relu whose negative side goes to -alpha, so that the mean of its outputs lies nearer
    to 0 and no unit dies (Clevert et al., 2015).
    """

    operations = 3

    alpha: PositiveFloat = 1.0

    examples = (Example({}, (3, 2, 2)), Example({"alpha": 0.6}, (4,)))

    @property
    def output_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From -alpha on."""
        return -self.alpha, inf


class SELU(ElementwiseActivation, kind="selu"):
    """Scaled exponential linear unit: f(x) = 1.0507 elu(x), with alpha = 1.6733.

    Derivative: f'(x) = 1.0507 where x > 0, else 1.7581 e^x.
    Range: (-1.7581, inf).
    Properties: a kink at 0, monotonic, unbounded above, f(0) = 0.
    Remark: with `kernel_initializer: lecun_normal` the outputs of a deep network of dense layers
    keep mean 0 and variance 1 (Klambauer et al., 2017).
    """

    operations = 4
    output_range = (-1.7581, inf)


class CELU(ElementwiseActivation, kind="celu", primary="alpha"):
    """Continuously differentiable ELU: f(x) = x where x > 0, else alpha (e^(x / alpha) - 1).

    Derivative: f'(x) = 1 where x > 0, else e^(x / alpha).
    Range: (-1, inf), or (-alpha, inf).
    Properties: smooth at 0, monotonic, unbounded above, f(0) = 0.
    Remark: elu without its kink where alpha is not 1 (Barron, 2017).
    """

    operations = 4

    alpha: PositiveFloat = 1.0

    examples = (Example({"alpha": 0.6}, (3, 2, 2)),)

    @property
    def output_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From -alpha on."""
        return -self.alpha, inf


class Mish(ElementwiseActivation, kind="mish"):
    """Mish: f(x) = x tanh(softplus(x)).

    Derivative: f'(x) = t + x (1 - t^2) sigmoid(x), with t = tanh(softplus(x)).
    Range: [-0.31, inf).
    Properties: smooth, not monotonic, unbounded above, f(0) = 0.
    Remark: close to silu; usual in YOLOv4 (Misra, 2019).
    """

    operations = 6
    output_range = (-0.31, inf)


class Softplus(ElementwiseActivation, kind="softplus"):
    """Smooth relu: f(x) = ln(1 + e^x).

    Derivative: f'(x) = sigmoid(x).
    Range: (0, inf).
    Properties: smooth, monotonic, unbounded above, f(0) = ln 2.
    Remark: for outputs that must be positive, such as a variance. PyTorch's own is linear above 20,
    which changes the result by 2e-9.
    """

    operations = 3
    output_range = (0.0, inf)


class Softsign(ElementwiseActivation, kind="softsign"):
    """Softsign: f(x) = x / (1 + |x|).

    Derivative: f'(x) = 1 / (1 + |x|)^2.
    Range: (-1, 1).
    Properties: smooth, monotonic, bounded, odd, f(0) = 0.
    Remark: like tanh, but it approaches its limits slowly, and the gradient vanishes later.
    """

    operations = 3
    output_range = (-1.0, 1.0)
    saturates = True


class Exponential(ElementwiseActivation, kind="exponential"):
    """Exponential function: f(x) = e^x.

    Derivative: f'(x) = e^x.
    Range: (0, inf).
    Properties: smooth, monotonic, unbounded above, f(0) = 1.
    Remark: for the mean of a Poisson regression. In hidden layers the numbers grow without limit.
    """

    output_range = (0.0, inf)


class LogSigmoid(ElementwiseActivation, kind="log_sigmoid"):
    """Logarithm of the logistic function: f(x) = ln(1 / (1 + e^-x)).

    Derivative: f'(x) = sigmoid(-x).
    Range: (-inf, 0).
    Properties: smooth, monotonic, unbounded below, f(0) = -ln 2.
    Remark: -softplus(-x): the logarithm of a probability, without overflow.
    """

    operations = 5
    output_range = (-inf, 0.0)


class TanhShrink(ElementwiseActivation, kind="tanh_shrink"):
    """Tanh shrinkage: f(x) = x - tanh(x).

    Derivative: f'(x) = tanh(x)^2.
    Range: (-inf, inf).
    Properties: smooth, monotonic, unbounded, odd, f(0) = 0.
    Remark: for sparse codes: small numbers become nearly 0, large ones lose 1.
    """

    operations = 2


class Squareplus(ElementwiseActivation, kind="squareplus", primary="b"):
    """Algebraic smooth relu: f(x) = (x + sqrt(x^2 + b)) / 2.

    Derivative: f'(x) = (1 + x / sqrt(x^2 + b)) / 2.
    Range: (0, inf).
    Properties: smooth, monotonic, unbounded above, f(0) = sqrt(b) / 2.
    Remark: like softplus without an exponential; relu where b goes to 0 (Barron, 2021).
    """

    operations = 5
    output_range = (0.0, inf)

    b: PositiveFloat = 4.0

    examples = (Example({"b": 1.3}, (3, 2, 2)),)
