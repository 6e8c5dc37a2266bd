"""Transposed convolutions: the gradient of a convolution by its input, as a layer."""

from __future__ import annotations

from math import prod
from typing import Literal, Self

from nnspec.components.initializers.constant import Zeros
from nnspec.components.initializers.variance_scaling import GlorotUniform
from nnspec.components.layers.base import (
    ActivationField,
    ConstraintField,
    Example,
    InitializerField,
    RegularizerField,
    Weight,
)
from nnspec.components.layers.convolution import ConvolutionalLayer
from nnspec.errors import ShapeError
from nnspec.options.shapes import Pads, format_shape, spatial_shape
from nnspec.options.spatial_types import (
    OutputPadding1D,
    OutputPadding2D,
    OutputPadding3D,
    Padding1D,
    Padding2D,
    Padding3D,
    Pair,
    Single,
    Triple,
)
from nnspec.options.types import PositiveInt, Shape


class TransposedConvolution(ConvolutionalLayer):
    """Base class of transposed convolutions: each position adds its window to the output.

    On an axis of n positions the windows reach over (n - 1) s + (k - 1) d + 1 places. Of these the
    padding is cut off, and `output_padding` places are left in at the end.
    """

    filters: PositiveInt
    kernel_size: Shape
    strides: Shape
    padding: Literal["valid", "same"] | Pads
    output_padding: Shape | None = None
    dilation_rate: Shape
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes', filters)."""
        sizes, _ = spatial_shape(x, self.rank, self.kind)
        counts = tuple(map(self._output_size, range(self.rank), sizes))
        if any(size < 1 for size in counts):
            message = f"{self.kind} of {format_shape(x)} has the size {format_shape(counts)}"
            raise ShapeError(message, "use less padding")
        return (*counts, self.filters)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel (*kernel_size, filters, in) and the bias (filters)."""
        shape = (*self.kernel_size, self.filters, x[-1])
        kernel = self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint
        return {"kernel": Weight(shape, *kernel)} | self.bias_weights(self.filters)

    def flops(self, x: Shape) -> int:
        """Two per weight at each position of the input, one for each output's bias."""
        bias = prod(self.output_shape(x)) if self.use_bias else 0
        return 2 * prod(self.kernel_size) * self.filters * prod(x) + bias

    def bind(self, x: Shape) -> Self:
        """The padding in numbers, and the places at the end that make up the output's size."""
        starts = tuple(map(self._cut, range(self.rank), x))
        ends = tuple(
            self._reach(axis, x[axis]) - starts[axis] - size
            for axis, size in enumerate(self.output_shape(x)[:-1])
        )
        return self.replace(
            padding=tuple((start, max(end, 0)) for start, end in zip(starts, ends, strict=True)),
            output_padding=tuple(max(-end, 0) for end in ends),
        )

    def _extent(self, axis: int) -> int:
        return (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1

    def _reach(self, axis: int, size: int) -> int:
        """The places that the windows reach over."""
        return (size - 1) * self.strides[axis] + self._extent(axis)

    def _output_size(self, axis: int, size: int) -> int:
        """The size of an axis: n s of `same`, (n - 1) s + max(k, s) of `valid`, as in Keras."""
        stride, extent, extra = self.strides[axis], self._extent(axis), self.output_padding
        if extra is None and self.padding == "same":
            return size * stride
        if extra is None and self.padding == "valid":
            return (size - 1) * stride + max(extent, stride)
        return self._reach(axis, size) - self._margin(axis) + (extra[axis] if extra else 0)

    def _margin(self, axis: int) -> int:
        """The places of an axis that the padding cuts off, where `output_padding` is given."""
        if isinstance(self.padding, str):
            return 2 * (self._extent(axis) // 2) if self.padding == "same" else 0
        return sum(self.padding[axis])

    def _cut(self, axis: int, size: int) -> int:
        """The places that are cut off before an axis: of `same`, the smaller half."""
        if not isinstance(self.padding, str):
            return self.padding[axis][0]
        return max(self._reach(axis, size) - self._output_size(axis, size), 0) // 2


class Conv1DTranspose(TransposedConvolution, kind="conv1d_transpose", primary="filters"):
    """Transposed 1-D convolution: y[i s + u d - p, f] += sum_c x[i, c] W[u, f, c], then + b[f].

    Input (steps, channels), output (steps', filters) with steps' = n s for `padding: same` and
    (n - 1) s + max(k, s) for `valid`, k = (kernel_size - 1) d + 1. Numbers, or `output_padding`,
    give (n - 1) s + k - padding + output_padding. Parameters: k in filters + filters.
    """

    rank = 1

    kernel_size: Single
    strides: Single = (1,)
    padding: Padding1D = "valid"
    output_padding: OutputPadding1D | None = None
    dilation_rate: Single = (1,)

    examples = (
        Example({"filters": 2, "kernel_size": 3}, (4, 3)),
        Example({"filters": 1, "kernel_size": 2, "strides": 3}, (3, 2)),
        Example({"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, (5, 1)),
    )


class Conv2DTranspose(TransposedConvolution, kind="conv2d_transpose", primary="filters"):
    """Transposed 2-D convolution.

    y[h s + u d - p, i s + v d - p, f] += sum_c x[h, i, c] W[u, v, f, c], then + b[f].
    Input (height, width, channels), output (height', width', filters), with the sizes
    n s for `padding: same` and (n - 1) s + max(k, s) for `valid`, k = (kernel_size - 1) d + 1.
    Numbers, or `output_padding`, give (n - 1) s + k - padding + output_padding (torch's
    padding: 1 is 1 here). Parameters: k k in filters + filters.
    """

    rank = 2

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding2D = "valid"
    output_padding: OutputPadding2D | None = None
    dilation_rate: Pair = (1, 1)

    examples = (
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 4, 2)),
        Example({"filters": 1, "kernel_size": [2, 3], "strides": [3, 1]}, (3, 2, 2)),
        Example(
            {"filters": 2, "kernel_size": 3, "strides": 2, "padding": 1, "output_padding": 1},
            (3, 3, 1),
        ),
    )


class Conv3DTranspose(TransposedConvolution, kind="conv3d_transpose", primary="filters"):
    """Transposed 3-D convolution: each position adds x[h, i, j] W, a window, to the output.

    Input (depth, height, width, channels), output (depth', height', width', filters), with the
    sizes of conv2d_transpose. Parameters: k k k in filters + filters.
    """

    rank = 3

    kernel_size: Triple
    strides: Triple = (1, 1, 1)
    padding: Padding3D = "valid"
    output_padding: OutputPadding3D | None = None
    dilation_rate: Triple = (1, 1, 1)

    examples = (
        Example({"filters": 2, "kernel_size": 2, "strides": 2}, (2, 3, 2, 1)),
        Example({"filters": 1, "kernel_size": 3, "padding": "same"}, (3, 2, 2, 2)),
    )
