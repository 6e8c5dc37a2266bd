"""Convolutions on Keras: explicit padding, then a convolution without padding."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.layers.windows import PaddingMixin, crop, pad, padding_by_shape
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.convolution import Convolution, WindowLayer
from nnspec.components.layers.depthwise_convolution import DepthwiseConvolution
from nnspec.components.layers.transposed_convolution import TransposedConvolution
from nnspec.options.types import Shape


class _SubsamplingMixin(PaddingMixin):
    """Mixin of Keras' convolutions: zero-padded images, subsampled by `output_strides`.

    Keras does not allow strides with a dilated kernel: these convolve everywhere, then subsample.
    """

    def __init__(self, *args: Any, output_strides: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.output_strides = output_strides

    def call(self, inputs: Tensor) -> Tensor:
        """Pad, convolve, keep every stride-th position of each spatial axis."""
        y = super().call(pad(inputs, self.pads_of(inputs), 0.0))  # type: ignore[misc]
        steps = tuple(slice(None, None, step) for step in self.output_strides)
        return y if max(self.output_strides) == 1 else y[(slice(None), *steps)]


class PaddedConv1D(_SubsamplingMixin, keras.layers.Conv1D):
    """Keras' convolution of zero-padded sequences."""


class PaddedConv2D(_SubsamplingMixin, keras.layers.Conv2D):
    """Keras' convolution of zero-padded images."""


class PaddedConv3D(_SubsamplingMixin, keras.layers.Conv3D):
    """Keras' convolution of zero-padded volumes."""


_CONVOLUTIONS = {1: PaddedConv1D, 2: PaddedConv2D, 3: PaddedConv3D}


def conv(layer: Convolution, context: RuleContext) -> KerasLayer:
    """y = b + the sum of x W over each window."""
    options = _window_options(layer, context) | {"groups": layer.groups}
    return _CONVOLUTIONS[layer.rank](layer.filters, layer.kernel_size, **options)


class PaddedDepthwiseConv1D(_SubsamplingMixin, keras.layers.DepthwiseConv1D):
    """Keras' depthwise convolution of zero-padded sequences."""


class PaddedDepthwiseConv2D(_SubsamplingMixin, keras.layers.DepthwiseConv2D):
    """Keras' depthwise convolution of zero-padded images."""


_DEPTHWISE = {1: PaddedDepthwiseConv1D, 2: PaddedDepthwiseConv2D}


def depthwise_conv(layer: DepthwiseConvolution, context: RuleContext) -> KerasLayer:
    """y = b + the sum of x W over each window of a channel."""
    options = _window_options(layer, context) | {"depth_multiplier": layer.depth_multiplier}
    return _DEPTHWISE[layer.rank](layer.kernel_size, **options)


def _window_options(layer: WindowLayer, context: RuleContext) -> dict[str, Any]:
    ones = (1,) * layer.rank
    subsampled = max(layer.strides) > 1 and (
        max(layer.dilation_rate) > 1 or _is_unequal_depthwise(layer)
    )
    return {
        "strides": ones if subsampled else layer.strides,
        "dilation_rate": layer.dilation_rate,
        "use_bias": layer.use_bias,
        "data_format": "channels_last",
        "padding_of": padding_by_shape(context),
        "output_strides": layer.strides if subsampled else ones,
    } | context.common


def _is_unequal_depthwise(layer: WindowLayer) -> bool:
    """TensorFlow's depthwise convolution takes one stride for both axes."""
    return isinstance(layer, DepthwiseConvolution) and len(set(layer.strides)) > 1


class _CropMixin(PaddingMixin):
    """Mixin of Keras' transposed convolutions: the whole output, cropped on each side."""

    def __init__(self, *args: Any, kernel_dilation: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kernel_dilation = kernel_dilation

    def call(self, inputs: Tensor) -> Tensor:
        """Add each position's window; crop; add the bias."""
        layer: Any = self
        places = self.padding_of(tuple(inputs.shape[1:]))
        kernel = _dilated(layer.kernel, self.kernel_dilation)
        if inputs.shape[-1] == 1:
            inputs, kernel = _with_zero_channel(inputs), _with_zero_channel(kernel)
        y = ops.conv_transpose(
            inputs, kernel, strides=layer.strides, padding="valid", data_format="channels_last"
        )
        y = crop(y, tuple(start for start, _ in places.pads), places.row_shape[:-1])
        return y + layer.bias if layer.use_bias else y


def _with_zero_channel(x: Tensor) -> Tensor:
    """An array with a second channel: torch has no gradient of a kernel that reads but one."""
    return ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, 1)])


def _dilated(kernel: Tensor, dilation: Shape) -> Tensor:
    """A kernel with d - 1 zeros between its places: no engine dilates with strides."""
    for axis, step in enumerate(dilation):
        if step == 1:
            continue
        shape, apart = list(kernel.shape), ops.expand_dims(kernel, axis + 1)
        width = [(0, step - 1 if index == axis + 1 else 0) for index in range(len(shape) + 1)]
        reach = (shape[axis] - 1) * step + 1
        shape[axis] *= step
        together = ops.reshape(ops.pad(apart, width), shape)
        kernel = together[(*(slice(None),) * axis, slice(reach))]
    return kernel


class CroppedConv1DTranspose(_CropMixin, keras.layers.Conv1DTranspose):
    """Keras' transposed convolution of sequences, cropped."""


class CroppedConv2DTranspose(_CropMixin, keras.layers.Conv2DTranspose):
    """Keras' transposed convolution of images, cropped."""


class CroppedConv3DTranspose(_CropMixin, keras.layers.Conv3DTranspose):
    """Keras' transposed convolution of volumes, cropped."""


_TRANSPOSED = {1: CroppedConv1DTranspose, 2: CroppedConv2DTranspose, 3: CroppedConv3DTranspose}


def conv_transpose(layer: TransposedConvolution, context: RuleContext) -> KerasLayer:
    """y = b + the sum of the windows x W of all positions."""
    return _TRANSPOSED[layer.rank](
        layer.filters, layer.kernel_size, strides=layer.strides, use_bias=layer.use_bias,
        data_format="channels_last", padding_of=padding_by_shape(context),
        kernel_dilation=layer.dilation_rate, **context.common,
    )  # fmt: skip
