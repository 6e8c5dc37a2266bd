"""Zero padding and cropping on Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.padding import Cropping, ReflectionPadding, ZeroPadding
from nnspec.options.shapes import Pads

_ZERO_PADDING = {1: keras.layers.ZeroPadding1D, 2: keras.layers.ZeroPadding2D,
                 3: keras.layers.ZeroPadding3D}  # fmt: skip
_CROPPING = {1: keras.layers.Cropping1D, 2: keras.layers.Cropping2D, 3: keras.layers.Cropping3D}


def zero_padding(layer: ZeroPadding, context: RuleContext) -> KerasLayer:
    """Images with zeros around them."""
    (only, *others), options = layer.padding, {"data_format": "channels_last", **context.common}
    return _ZERO_PADDING[layer.rank](layer.padding if others else only, **options)


class ReflectionPaddingLayer(keras.layers.Layer):
    """Images reflected at their border."""

    def __init__(self, padding: Pads, **options: Any) -> None:
        super().__init__(**options)
        self.padding = padding

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to (rows, *sizes + before + after, channels)."""
        y = inputs
        for axis, pads in enumerate(self.padding, 1):
            y = ops.take(y, np.pad(np.arange(y.shape[axis]), pads, "reflect"), axis=axis)
        return y


def reflection_padding(layer: ReflectionPadding, context: RuleContext) -> KerasLayer:
    """Images reflected at their border."""
    return ReflectionPaddingLayer(layer.padding, **context.common)


def cropping(layer: Cropping, context: RuleContext) -> KerasLayer:
    """Images without their border."""
    if layer.rank == 1:
        return _CROPPING[1](layer.cropping[0], **context.common)
    options = {"data_format": "channels_last", **context.common}
    return _CROPPING[layer.rank](layer.cropping, **options)
