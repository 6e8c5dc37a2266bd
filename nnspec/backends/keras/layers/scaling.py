"""Layers that multiply by numbers and add numbers, on Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.scaling import LayerScale, Rescaling


class LayerScaleLayer(keras.layers.Layer):
    """y = gamma x, with a trained gamma for each channel, the last axis."""

    def build(self, input_shape: Any) -> None:
        """Make gamma."""
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ..., channels) to the same shape."""
        return inputs * self.gamma


class RescalingLayer(keras.layers.Layer):
    """y = scale x + offset; Keras' own rounds its numbers to float32."""

    def __init__(self, scale: Any, offset: Any, **options: Any) -> None:
        super().__init__(**options)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return inputs * ops.convert_to_tensor(self.scale) + ops.convert_to_tensor(self.offset)


def layer_scale(_: LayerScale, context: RuleContext) -> KerasLayer:
    """y = gamma x."""
    return LayerScaleLayer(**context.common)


def rescaling(layer: Rescaling, context: RuleContext) -> KerasLayer:
    """y = scale x + offset."""
    numbers = (np.asarray(n, context.numerics.dtype) for n in (layer.scale, layer.offset))
    return RescalingLayer(*numbers, **context.common)
