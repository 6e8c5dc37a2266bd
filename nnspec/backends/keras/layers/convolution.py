"""Conv2D on Keras: explicit padding, then a convolution without padding."""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backends.keras.layers.windows import PaddingMixin, pad, padding_by_shape
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.convolution import Conv2D
from nnspec.options.types import Shape


class PaddedConv2D(PaddingMixin, keras.layers.Conv2D):
    """Keras' convolution of zero-padded images, subsampled by `output_strides`."""

    def __init__(self, *args: Any, output_strides: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.output_strides = output_strides

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Convolve, then subsample: Keras does not allow strides with a dilated kernel."""
        y = super().convolution_op(pad(inputs, self.pads_of(inputs), 0.0), kernel)
        rows, columns = self.output_strides
        return y if self.output_strides == (1, 1) else y[:, ::rows, ::columns]


def conv2d(layer: Conv2D, context: RuleContext) -> KerasLayer:
    """y = b + the sum of x W over each window."""
    subsampled = max(layer.strides) > 1 and max(layer.dilation_rate) > 1
    return PaddedConv2D(
        layer.filters,
        layer.kernel_size,
        strides=(1, 1) if subsampled else layer.strides,
        dilation_rate=layer.dilation_rate,
        groups=layer.groups,
        use_bias=layer.use_bias,
        data_format="channels_last",
        padding_of=padding_by_shape(context),
        output_strides=layer.strides if subsampled else (1, 1),
        **context.common,
    )
