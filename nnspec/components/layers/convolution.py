"""Convolution layers."""

from __future__ import annotations

from math import prod
from typing import Self, cast

from nnspec.components.initializers.constant import Zeros
from nnspec.components.initializers.variance_scaling import GlorotUniform
from nnspec.components.layers.base import (
    ActivationField,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    Weight,
    split_activation,
)
from nnspec.errors import ShapeError
from nnspec.options.shapes import Pads, count_image_windows, image_shape, paddings
from nnspec.options.types import Padding, Pair, PositiveInt, Shape


class Conv2D(Layer, kind="conv2d", primary="filters"):
    """2-D convolution (cross-correlation) over channels-last images.

    y[i, j, f] = b[f] + sum_{u, v, c} x[i s + u d, j s + v d, c] W[u, v, c, f]

    Input (height, width, channels), output (height', width', filters). `padding` is `valid`
    (none), `same` (ceil(n / s) outputs, as in Keras) or numbers: `1`, or `[[1, 1], [0, 2]]` for
    (top, bottom) and (left, right). With `groups`, each group of filters reads its share of the
    channels. Parameters: k k in/groups filters + filters.
    """

    affine = True
    channels_last = True
    local_weights = True
    row_independent = True

    filters: PositiveInt
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    groups: PositiveInt = 1
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None

    examples = (
        Example({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (7, 5, 3)),
        Example({"filters": 4, "kernel_size": [2, 3], "dilation_rate": 2, "groups": 2}, (6, 7, 4)),
        Example({"filters": 2, "kernel_size": 1, "strides": [1, 2], "use_bias": False}, (4, 4, 3)),
        Example({"filters": 2, "kernel_size": 3, "padding": [[1, 0], [2, 1]]}, (4, 4, 1)),
    )

    @property
    def pads(self) -> Pads:
        """The padding in numbers, once the layer is resolved."""
        return cast("Pads", self.padding)

    def output_shape(self, x: Shape) -> Shape:
        """(height, width, channels) -> (height', width', filters)."""
        *sizes, channels = image_shape(x, "conv2d")
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"conv2d: {self.groups} groups do not divide {channels} channels "
                f"into {self.filters} filters",
                "both must be multiples of groups",
            )
        pads = paddings(
            self.padding, tuple(sizes), self.kernel_size, self.strides, self.dilation_rate
        )
        counts = count_image_windows(x, self.kernel_size, self.strides, self.dilation_rate, pads)
        return (*counts, self.filters)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel (height, width, in / groups, filters) and the bias (filters)."""
        shape = (*self.kernel_size, x[2] // self.groups, self.filters)
        weights = {"kernel": Weight(shape, self.kernel_initializer, self.kernel_regularizer)}
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, self.bias_regularizer)
        return weights

    def flops(self, x: Shape) -> int:
        """Each output: two per weight of its filter, one for the bias."""
        per_output = 2 * prod(self.kernel_size) * (x[2] // self.groups) + self.use_bias
        return per_output * prod(self.output_shape(x))

    def split(self) -> tuple[Layer, ...]:
        """The convolution, then the activation."""
        return split_activation(self, self.activation)

    def bind(self, x: Shape) -> Self:
        """The padding in numbers."""
        pads = paddings(self.padding, x[:2], self.kernel_size, self.strides, self.dilation_rate)
        return self.replace(padding=pads)
