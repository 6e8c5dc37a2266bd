"""Activations whose outputs each depend on several numbers along an axis."""

from __future__ import annotations

from math import inf, prod

from nnspec.components.layers.base import ActivationLayer, Example, Layer
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape, row_axis
from nnspec.options.types import Shape


class LogSoftmax(ActivationLayer, kind="log_softmax", primary="axis"):
    """Logarithm of softmax: f(x)_m = x_m - ln(sum_l exp(x_l)) along an axis.

    Derivative: df_m/dx_l = (1 where m = l, else 0) - softmax(x)_l.
    Range: (-inf, 0), and the exponentials of the outputs sum to 1.
    Properties: smooth, unbounded below; a number added to every x changes nothing.
    Remark: logarithms of probabilities, without overflow. For a classification use softmax: the
    losses of nnspec take probabilities, and compute with their logarithms. It changes nothing in
    logarithms of probabilities, so that a cross-entropy with `from_logits: true` takes them.

    `axis` counts the axes of a row from 1, or from the end as -1, -2, ...
    """

    output_range = (-inf, 0.0)
    row_independent = True
    log_probabilities = True

    axis: int = -1

    examples = (Example({}, (3, 2, 2)), Example({"axis": 1}, (3, 2)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axis must exist and is not the batch's."""
        row_axis(self.axis, x, self.kind)
        return x

    def flops(self, x: Shape) -> int:
        """Difference from the largest, exponential, sum and difference for each element."""
        return 4 * prod(x)


class Sparsemax(ActivationLayer, kind="sparsemax", primary="axis"):
    """Nearest distribution: f(x)_m = max(x_m - tau, 0) along an axis, tau such that they sum to 1.

    tau = max_k (x_(1) + ... + x_(k) - 1) / k, with x_(1) >= x_(2) >= ... the sorted numbers.
    Derivative: df_m/dx_l = (1 where m = l, else 0) - 1 / n where both f_m and f_l are positive, n
    the number of such; else 0.
    Range: [0, 1], and the outputs sum to 1.
    Properties: piecewise linear, bounded; a number added to every x changes nothing.
    Remark: gives 0 to what is far from the largest, where softmax gives a little to all (Martins
    and Astudillo, 2016). Keras 3.15 has another tau, with which the outputs sum to less.

    `axis` counts the axes of a row from 1, or from the end as -1, -2, ...
    """

    output_range = (0.0, 1.0)
    probabilities = True
    row_independent = True

    axis: int = -1

    examples = (Example({}, (3, 2, 4)), Example({"axis": 1}, (3, 2)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axis must exist and is not the batch's."""
        row_axis(self.axis, x, self.kind)
        return x

    def flops(self, x: Shape) -> int:
        """Sum, quotient, difference and comparison for each element, without the sort."""
        return 4 * prod(x)


class GLU(Layer, kind="glu", primary="axis"):
    """Gated linear unit: y = a sigmoid(b), a and b the first and second half of x along an axis.

    It halves the axis, which is why it is a layer and no `activation` of another one. `axis` counts
    from 1, or from the end as -1, -2, ... (Dauphin et al., 2017).
    """

    row_independent = True

    axis: int = -1

    examples = (Example({}, (3, 2, 4)), Example({"axis": 1}, (4, 3)))

    def output_shape(self, x: Shape) -> Shape:
        """The shape with the axis halved."""
        axis = row_axis(self.axis, x, self.kind)
        if x[axis] % 2:
            message = f"glu halves axis {self.axis} of {format_shape(x)}, which is {x[axis]}"
            raise ShapeError(message, "its size must be even")
        return (*x[:axis], x[axis] // 2, *x[axis + 1 :])

    def flops(self, x: Shape) -> int:
        """Sigmoid and a product for each element of the output."""
        return 5 * prod(self.output_shape(x))
