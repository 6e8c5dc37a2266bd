"""Activations of straight or quadratic pieces: hard_sigmoid, soft_shrink, threshold and their kin.

A derivative at a kink is that of the piece on its left; at a jump it is that of the piece which
gives the value.
"""

from __future__ import annotations

from math import inf

from nnspec.components.layers.base import ElementwiseActivation, Example
from nnspec.options.types import NonNegativeFloat


class ReLU6(ElementwiseActivation, kind="relu6"):
    """Clipped relu: f(x) = min(max(x, 0), 6).

    Derivative: f'(x) = 1 where 0 < x <= 6, else 0.
    Range: [0, 6].
    Properties: kinks at 0 and 6, monotonic, bounded, f(0) = 0.
    Remark: usual in MobileNet, whose numbers have few bits. The same as `relu: {max_value: 6}`.
    """

    operations = 2
    output_range = (0.0, 6.0)
    saturates = True


class HardSigmoid(ElementwiseActivation, kind="hard_sigmoid"):
    """Sigmoid of straight pieces: f(x) = min(max(x + 3, 0), 6) / 6.

    Derivative: f'(x) = 1/6 where -3 < x <= 3, else 0.
    Range: [0, 1].
    Properties: kinks at -3 and 3, monotonic, bounded, f(0) = 1/2.
    Remark: sigmoid without an exponential, as in MobileNetV3. A unit whose |x| is above 3 for every
    row gets no gradient any more.
    """

    operations = 4
    output_range = (0.0, 1.0)
    probabilities = True
    saturates = True


class HardSiLU(ElementwiseActivation, kind="hard_silu"):
    """SiLU of pieces, or hard swish: f(x) = x hard_sigmoid(x).

    Derivative: f'(x) = 1 where x > 3, (2 x + 3) / 6 where -3 < x <= 3, else 0.
    Range: [-0.375, inf).
    Properties: kinks at -3 and 3, not monotonic, unbounded above, f(0) = 0.
    Remark: silu without an exponential, usual in MobileNetV3 (Howard et al., 2019).
    """

    operations = 5
    output_range = (-0.375, inf)


class HardTanh(ElementwiseActivation, kind="hard_tanh"):
    """Tanh of straight pieces: f(x) = min(max(x, -1), 1).

    Derivative: f'(x) = 1 where -1 < x <= 1, else 0.
    Range: [-1, 1].
    Properties: kinks at -1 and 1, monotonic, bounded, odd, f(0) = 0.
    Remark: tanh without an exponential. A unit whose |x| is above 1 for every row gets no gradient
    any more.
    """

    operations = 2
    output_range = (-1.0, 1.0)
    saturates = True


class SoftShrink(ElementwiseActivation, kind="soft_shrink", primary="threshold"):
    """Soft shrinkage: f(x) = x - t where x > t, x + t where x <= -t, else 0, with t = threshold.

    Derivative: f'(x) = 1 where x > t or x <= -t, else 0.
    Range: (-inf, inf).
    Properties: kinks at -t and t, monotonic, unbounded, odd, f(0) = 0.
    Remark: for sparse codes: it is the proximal step of an L1 penalty.
    """

    operations = 3

    threshold: NonNegativeFloat = 0.5

    examples = (Example({"threshold": 0.3}, (3, 2, 2)),)


class HardShrink(ElementwiseActivation, kind="hard_shrink", primary="threshold"):
    """Hard shrinkage: f(x) = x where |x| > threshold, else 0.

    Derivative: f'(x) = 1 where |x| > threshold, else 0.
    Range: (-inf, inf).
    Properties: jumps at -threshold and threshold, monotonic, unbounded, odd, f(0) = 0.
    Remark: for sparse codes: it is the proximal step of a penalty on the count of numbers.
    """

    operations = 2

    threshold: NonNegativeFloat = 0.5

    examples = (Example({"threshold": 0.3}, (3, 2, 2)),)


class Threshold(ElementwiseActivation, kind="threshold"):
    """Threshold: f(x) = x where x > threshold, else default_value.

    Derivative: f'(x) = 1 where x > threshold, else 0.
    Range: (-inf, inf); below the threshold, default_value alone.
    Properties: a jump where default_value is not the threshold, unbounded above.
    Remark: relu is the one with threshold 0 and default_value 0.
    """

    threshold: float
    default_value: float

    examples = (Example({"threshold": 0.1, "default_value": -0.2}, (3, 2, 2)),)

    @property
    def output_range(self) -> tuple[float, float]:  # type: ignore[override]
        """From the lower of both numbers on."""
        return min(self.threshold, self.default_value), inf


class SparsePlus(ElementwiseActivation, kind="sparse_plus"):
    """Softplus of pieces: f(x) = 0 where x <= -1, (x + 1)^2 / 4 where -1 < x < 1, else x.

    Derivative: f'(x) = sparse_sigmoid(x).
    Range: [0, inf).
    Properties: differentiable, monotonic, unbounded above, f(0) = 1/4.
    Remark: like softplus, but it is exactly 0 below -1.
    """

    operations = 4
    output_range = (0.0, inf)


class SparseSigmoid(ElementwiseActivation, kind="sparse_sigmoid"):
    """Sigmoid of straight pieces: f(x) = min(max((x + 1) / 2, 0), 1).

    Derivative: f'(x) = 1/2 where -1 < x <= 1, else 0.
    Range: [0, 1].
    Properties: kinks at -1 and 1, monotonic, bounded, f(0) = 1/2.
    Remark: sparsemax of two classes: exactly 0 or 1 where |x| is above 1.
    """

    operations = 4
    output_range = (0.0, 1.0)
    probabilities = True
    saturates = True
