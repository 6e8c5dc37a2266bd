"""Zero padding and cropping on Keras."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.padding import Cropping, ZeroPadding

_ZERO_PADDING = {1: keras.layers.ZeroPadding1D, 2: keras.layers.ZeroPadding2D,
                 3: keras.layers.ZeroPadding3D}  # fmt: skip
_CROPPING = {1: keras.layers.Cropping1D, 2: keras.layers.Cropping2D, 3: keras.layers.Cropping3D}


def zero_padding(layer: ZeroPadding, context: RuleContext) -> KerasLayer:
    """Images with zeros around them."""
    (only, *others), options = layer.padding, {"data_format": "channels_last", **context.common}
    return _ZERO_PADDING[layer.rank](layer.padding if others else only, **options)


def cropping(layer: Cropping, context: RuleContext) -> KerasLayer:
    """Images without their border."""
    if layer.rank == 1:
        return _CROPPING[1](layer.cropping[0], **context.common)
    options = {"data_format": "channels_last", **context.common}
    return _CROPPING[layer.rank](layer.cropping, **options)
