"""Layers that multiply by numbers and add numbers, on Keras."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.scaling import MIN_DEVIATION, LayerScale, Normalization, Rescaling
from nnspec.options.types import Shape


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


class NormalizationLayer(keras.layers.Normalization):
    """Keras' normalization, which reads its weights at each call and computes in every precision.

    Its own keeps given numbers in float32, and copies of its weights.
    """

    def __init__(self, layer: Normalization, array: Any, **options: Any) -> None:
        super().__init__(**options)
        self.layer, self.array = layer, array

    def build(self, input_shape: Any) -> None:
        """Make the weights of a layer without given numbers: mean, variance and count."""
        size = prod(self.layer.broadcast_shape(tuple(input_shape[1:])))
        if self.layer.mean is None:
            self.mean = self._frozen("mean", (size,), "zeros")
            self.variance = self._frozen("variance", (size,), "ones")
            self.count = self._frozen("count", (), "zeros")
        else:
            self.mean, self.variance = map(self.array, (self.layer.mean, self.layer.variance))

    def _frozen(self, name: str, shape: Shape, initializer: str) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        shape = self.layer.broadcast_shape(tuple(inputs.shape[1:]))
        mean, variance = (ops.reshape(n, shape) for n in (self.mean, self.variance))
        deviation = ops.maximum(ops.sqrt(variance), self.array(MIN_DEVIATION))
        return inputs * deviation + mean if self.layer.invert else (inputs - mean) / deviation


def layer_scale(_: LayerScale, context: RuleContext) -> KerasLayer:
    """y = gamma x."""
    return LayerScaleLayer(**context.common)


def rescaling(layer: Rescaling, context: RuleContext) -> KerasLayer:
    """y = scale x + offset."""
    numbers = (np.asarray(n, context.numerics.dtype) for n in (layer.scale, layer.offset))
    return RescalingLayer(*numbers, **context.common)


def normalization(layer: Normalization, context: RuleContext) -> KerasLayer:
    """y = (x - mean) / deviation, or x deviation + mean."""
    array = partial(np.asarray, dtype=context.numerics.dtype)
    return NormalizationLayer(layer, array, **context.common)
