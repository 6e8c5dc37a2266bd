"""The rule for convolutions: the padding in numbers, then one without padding."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.convolution import Conv2D
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape


class Padded:
    """A Keras layer whose input gets a frame of a constant, which changes the output's size."""

    def __init__(self, *args: Any, pads: Pads, row: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pads, self.row = pads, row

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The rows of the input, each of the node's shape."""
        return (input_shape[0], *self.row)


class PaddedConv2D(Padded, keras.layers.Conv2D):
    """Keras' convolution of an image in a frame of zeros, at every `step`-th place."""

    def __init__(self, *args: Any, step: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.step = step

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """The windows' products; Keras cannot stride a dilated kernel, so some are left out."""
        y = super().convolution_op(padded(inputs, self.pads, 0.0), kernel)
        rows, columns = self.step
        return y if self.step == (1, 1) else y[:, ::rows, ::columns]


def conv2d(layer: Conv2D, context: RuleContext) -> KerasLayer:
    """y = b + the sum over each window of x W."""
    apart = max(layer.strides) > 1 and max(layer.dilation_rate) > 1
    return PaddedConv2D(
        layer.filters,
        layer.kernel_size,
        strides=(1, 1) if apart else layer.strides,
        dilation_rate=layer.dilation_rate,
        groups=layer.groups,
        use_bias=layer.use_bias,
        data_format="channels_last",
        pads=layer.pads,
        row=context.shape,
        step=layer.strides if apart else (1, 1),
        **context.common,
    )


def padded(x: Tensor, pads: Pads, value: float) -> Tensor:
    """Images in a frame of a constant; without padding, they themselves."""
    if not any(map(any, pads)):
        return x
    return ops.pad(x, ((0, 0), *pads, (0, 0)), constant_values=value)
