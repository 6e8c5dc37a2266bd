"""Convolution layers over one, two or three spatial axes."""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from nnspec.components.initializers.constant import Zeros
from nnspec.components.initializers.variance_scaling import GlorotUniform
from nnspec.components.layers.base import (
    ActivationField,
    ConstraintField,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    Weight,
    WeightedLayer,
    split_activation,
)
from nnspec.errors import ShapeError
from nnspec.options.shapes import Pads, count_windows_per_axis, paddings, spatial_shape
from nnspec.options.spatial_types import (
    CausalPadding,
    Padding2D,
    Padding3D,
    Pair,
    Single,
    Triple,
)
from nnspec.options.types import PositiveInt, Shape


class ConvolutionalLayer(WeightedLayer):
    """Base class of layers whose weights read windows of an image with `rank` spatial axes."""

    affine = True
    channels_last = True
    local_weights = True
    row_independent = True
    rank: ClassVar[int]

    if TYPE_CHECKING:  # a subclass lists its options in the order in which they are explained
        kernel_size: Shape
        strides: Shape
        padding: Literal["valid", "same", "causal"] | Pads
        dilation_rate: Shape
        activation: ActivationField
        use_bias: bool
        bias_initializer: InitializerField
        bias_regularizer: RegularizerField
        bias_constraint: ConstraintField

    @property
    def pads(self) -> Pads:
        """The padding in numbers, once the layer is resolved."""
        return cast("Pads", self.padding)

    def split(self) -> tuple[Layer, ...]:
        """The convolution, then the activation."""
        return split_activation(self, self.activation)

    def bias_weights(self, filters: int) -> dict[str, Weight]:
        """The bias (filters), if there is one."""
        bias = self.bias_initializer, self.bias_regularizer, self.bias_constraint
        return {"bias": Weight((filters,), *bias)} if self.use_bias else {}


class WindowLayer(ConvolutionalLayer):
    """Base class of convolutions with an output for each window of the image."""

    @abstractmethod
    def count_filters(self, channels: int) -> int:
        """The number of filters for the channels of the input."""

    @abstractmethod
    def channels_per_filter(self, channels: int) -> int:
        """How many channels of the input each filter reads."""

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes', filters)."""
        _, channels = spatial_shape(x, self.rank, self.kind)
        filters = self.count_filters(channels)
        window = self.kernel_size, self.strides, self.dilation_rate
        return (*count_windows_per_axis(x, *window, self._pads(x)), filters)

    def flops(self, x: Shape) -> int:
        """Each output: two per weight of its filter, one for the bias."""
        per_output = 2 * prod(self.kernel_size) * self.channels_per_filter(x[-1]) + self.use_bias
        return per_output * prod(self.output_shape(x))

    def bind(self, x: Shape) -> Self:
        """The padding in numbers."""
        return self.replace(padding=self._pads(x))

    def _pads(self, x: Shape) -> Pads:
        window = self.kernel_size, self.strides, self.dilation_rate
        return paddings(self.padding, x[:-1], *window)


class Convolution(WindowLayer):
    """Base class of convolutions: each filter reads all channels of its group."""

    filters: PositiveInt
    kernel_size: Shape
    strides: Shape
    padding: Literal["valid", "same", "causal"] | Pads
    dilation_rate: Shape
    groups: PositiveInt = 1
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    def count_filters(self, channels: int) -> int:
        """The filters, which the groups must divide as they do the channels."""
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"{self.kind}: {self.groups} groups do not divide {channels} channels "
                f"into {self.filters} filters",
                "both must be multiples of groups",
            )
        return self.filters

    def channels_per_filter(self, channels: int) -> int:
        """The channels of a group."""
        return channels // self.groups

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel (*kernel_size, in / groups, filters) and the bias (filters)."""
        shape = (*self.kernel_size, self.channels_per_filter(x[-1]), self.filters)
        kernel = self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint
        return {"kernel": Weight(shape, *kernel)} | self.bias_weights(self.filters)


class Conv1D(Convolution, kind="conv1d", primary="filters"):
    """1-D convolution (cross-correlation) over channels-last sequences.

    y[i, f] = b[f] + sum_{u, c} x[i s + u d, c] W[u, c, f]

    Input (steps, channels), output (steps', filters). `padding` is `valid` (none), `same`
    (ceil(n / s) outputs, as in Keras), `causal` (zeros before, so that y[i] reads nothing after
    step i s) or numbers: `1`, or `[1, 0]` for (before, after). With `groups`, each group of filters
    reads its share of the channels. Parameters: k in/groups filters + filters.
    """

    rank = 1

    kernel_size: Single
    strides: Single = (1,)
    padding: CausalPadding = "valid"
    dilation_rate: Single = (1,)

    examples = (
        Example({"filters": 3, "kernel_size": 3}, (6, 2)),
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (7, 3)),
        Example({"filters": 4, "kernel_size": 2, "dilation_rate": 2, "groups": 2}, (6, 4)),
        Example({"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (5, 1)),
        Example({"filters": 2, "kernel_size": 1, "padding": [1, 0], "use_bias": False}, (4, 3)),
    )


class Conv2D(Convolution, kind="conv2d", primary="filters"):
    """2-D convolution (cross-correlation) over channels-last images.

    y[i, j, f] = b[f] + sum_{u, v, c} x[i s + u d, j s + v d, c] W[u, v, c, f]

    Input (height, width, channels), output (height', width', filters). `padding` is `valid`
    (none), `same` (ceil(n / s) outputs, as in Keras) or numbers: `1`, or `[[1, 1], [0, 2]]` for
    (top, bottom) and (left, right). With `groups`, each group of filters reads its share of the
    channels. Parameters: k k in/groups filters + filters.
    """

    rank = 2

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding2D = "valid"
    dilation_rate: Pair = (1, 1)

    examples = (
        Example({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (7, 5, 3)),
        Example({"filters": 4, "kernel_size": [2, 3], "dilation_rate": 2, "groups": 2}, (6, 7, 4)),
        Example({"filters": 2, "kernel_size": 1, "strides": [1, 2], "use_bias": False}, (4, 4, 3)),
        Example({"filters": 2, "kernel_size": 3, "padding": [[1, 0], [2, 1]]}, (4, 4, 1)),
    )


class Conv3D(Convolution, kind="conv3d", primary="filters"):
    """3-D convolution (cross-correlation) over channels-last volumes.

    y[h, i, j, f] = b[f] + sum_{t, u, v, c} x[h s + t d, i s + u d, j s + v d, c] W[t, u, v, c, f]

    Input (depth, height, width, channels), output (depth', height', width', filters). `padding` is
    `valid` (none), `same` (ceil(n / s) outputs, as in Keras) or numbers: `1`, or a pair (before,
    after) for each axis. With `groups`, each group of filters reads its share of the channels.
    Parameters: k k k in/groups filters + filters.
    """

    rank = 3

    kernel_size: Triple
    strides: Triple = (1, 1, 1)
    padding: Padding3D = "valid"
    dilation_rate: Triple = (1, 1, 1)

    examples = (
        Example({"filters": 2, "kernel_size": 2}, (3, 4, 3, 2)),
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 4, 5, 1)),
        Example({"filters": 2, "kernel_size": [1, 2, 3], "groups": 2, "padding": 1}, (2, 3, 3, 2)),
    )
