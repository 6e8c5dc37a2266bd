"""Convolution of each channel by itself, alone or followed by a 1x1 convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from nnspec.components.initializers.constant import Zeros
from nnspec.components.initializers.variance_scaling import GlorotUniform
from nnspec.components.layers.base import (
    ActivationField,
    AddLayer,
    ConstraintField,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    SymbolicTensor,
    Weight,
    WeightedLayer,
    split_activation,
)
from nnspec.components.layers.convolution import Conv1D, Conv2D, Convolution, WindowLayer
from nnspec.options.shapes import Pads
from nnspec.options.spatial_types import CausalPadding, Padding2D, Pair, Single
from nnspec.options.types import PositiveInt, Shape


class DepthwiseConvolution(WindowLayer):
    """Base class of depthwise convolutions: `depth_multiplier` filters for each channel."""

    kernel_size: Shape
    strides: Shape
    padding: Literal["valid", "same", "causal"] | Pads
    depth_multiplier: PositiveInt = 1
    dilation_rate: Shape
    activation: ActivationField = None
    use_bias: bool = True
    depthwise_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    depthwise_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    depthwise_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def count_filters(self, channels: int) -> int:
        """So many filters for each channel."""
        return channels * self.depth_multiplier

    def channels_per_filter(self, channels: int) -> int:
        """A filter reads its own channel."""
        return 1

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel (*kernel_size, in, depth_multiplier) and the bias (in depth_multiplier)."""
        shape = (*self.kernel_size, x[-1], self.depth_multiplier)
        kernel = self.depthwise_initializer, self.depthwise_regularizer, self.depthwise_constraint
        return {"kernel": Weight(shape, *kernel)} | self.bias_weights(self.count_filters(x[-1]))


class DepthwiseConv1D(DepthwiseConvolution, kind="depthwise_conv1d", primary="kernel_size"):
    """1-D convolution of each channel of a sequence by m filters of its own.

    y[i, c m + j] = b[c m + j] + sum_u x[i s + u d, c] W[u, c, j], m = depth_multiplier

    Input (steps, channels), output (steps', channels m). `padding` is as in conv1d.
    Parameters: k in m + in m.
    """

    rank = 1

    kernel_size: Single
    strides: Single = (1,)
    padding: CausalPadding = "valid"
    dilation_rate: Single = (1,)

    examples = (
        Example({"kernel_size": 3}, (6, 2)),
        Example({"kernel_size": 2, "depth_multiplier": 3, "padding": "same"}, (5, 2)),
        Example({"kernel_size": 2, "dilation_rate": 2, "use_bias": False}, (6, 3)),
    )


class DepthwiseConv2D(DepthwiseConvolution, kind="depthwise_conv2d", primary="kernel_size"):
    """2-D convolution of each channel of an image by m filters of its own.

    y[h, i, c m + j] = b[c m + j] + sum_{u, v} x[h s + u d, i s + v d, c] W[u, v, c, j],
    m = depth_multiplier

    Input (height, width, channels), output (height', width', channels m). `padding` is as in
    conv2d. Parameters: k k in m + in m.
    """

    rank = 2

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding2D = "valid"
    dilation_rate: Pair = (1, 1)

    examples = (
        Example({"kernel_size": 3}, (5, 6, 2)),
        Example({"kernel_size": 3, "strides": 2, "padding": "same"}, (6, 5, 3)),
        Example({"kernel_size": [2, 3], "depth_multiplier": 2, "dilation_rate": 2}, (6, 7, 2)),
        Example({"kernel_size": 3, "padding": [[1, 0], [2, 1]], "use_bias": False}, (4, 4, 1)),
    )


class SeparableConvolution(WeightedLayer):
    """Base class of depthwise convolutions that a convolution of windows of size 1 follows."""

    depthwise_class: ClassVar[Callable[..., DepthwiseConvolution]]
    pointwise_class: ClassVar[Callable[..., Convolution]]

    filters: PositiveInt
    kernel_size: Shape
    strides: Shape
    padding: Literal["valid", "same", "causal"] | Pads
    dilation_rate: Shape
    depth_multiplier: PositiveInt = 1
    activation: ActivationField = None
    use_bias: bool = True
    depthwise_initializer: InitializerField = GlorotUniform.model_construct()
    pointwise_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    depthwise_regularizer: RegularizerField = None
    pointwise_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    depthwise_constraint: ConstraintField = None
    pointwise_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def split(self) -> tuple[Layer, ...]:
        """The convolutions, then the activation."""
        return split_activation(self, self.activation)

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        """The convolution of each channel, then the one across channels, which has the bias."""
        depthwise = self.depthwise_class(
            name="depthwise", trainable=self.trainable,
            kernel_size=self.kernel_size, strides=self.strides,
            padding=self.padding, dilation_rate=self.dilation_rate, use_bias=False,
            depth_multiplier=self.depth_multiplier,
            depthwise_initializer=self.depthwise_initializer,
            depthwise_regularizer=self.depthwise_regularizer,
            depthwise_constraint=self.depthwise_constraint,
        )  # fmt: skip
        pointwise = self.pointwise_class(
            name="pointwise", trainable=self.trainable,
            filters=self.filters, kernel_size=1, use_bias=self.use_bias,
            kernel_initializer=self.pointwise_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.pointwise_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.pointwise_constraint,
            bias_constraint=self.bias_constraint,
        )  # fmt: skip
        return add(pointwise, add(depthwise, *inputs))


class SeparableConv1D(SeparableConvolution, kind="separable_conv1d", primary="filters"):
    """Depthwise 1-D convolution, then conv1d of kernel_size 1: y = W_p (W_d * x) + b.

    Input (steps, channels), output (steps', filters). Parameters:
    k in m + in m filters + filters, m = depth_multiplier.
    """

    depthwise_class = DepthwiseConv1D
    pointwise_class = Conv1D

    kernel_size: Single
    strides: Single = (1,)
    padding: CausalPadding = "valid"
    dilation_rate: Single = (1,)

    examples = (
        Example({"filters": 3, "kernel_size": 3}, (6, 2)),
        Example({"filters": 2, "kernel_size": 2, "padding": "causal"}, (5, 3)),
    )


class SeparableConv2D(SeparableConvolution, kind="separable_conv2d", primary="filters"):
    """Depthwise 2-D convolution, then conv2d of kernel_size 1: y = W_p (W_d * x) + b.

    Input (height, width, channels), output (height', width', filters) (Chollet, 2017). Parameters:
    k k in m + in m filters + filters, m = depth_multiplier.
    """

    depthwise_class = DepthwiseConv2D
    pointwise_class = Conv2D

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding2D = "valid"
    dilation_rate: Pair = (1, 1)

    examples = (
        Example({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
        Example(
            {"filters": 2, "kernel_size": 2, "depth_multiplier": 2, "padding": "same"}, (4, 5, 3)
        ),
    )
