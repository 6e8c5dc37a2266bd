"""Activations along an axis, on Keras; axis 0 is that of the rows."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.axis_activations import GLU, LogSoftmax


class LogSoftmaxLayer(keras.layers.Layer):
    """y = x - ln(sum e^x) along an axis."""

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return ops.log_softmax(inputs, axis=self.axis)


class GLULayer(keras.layers.Layer):
    """y = a sigmoid(b), of the halves of x along an axis."""

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to half the size of the axis."""
        a, b = ops.split(inputs, 2, axis=self.axis)
        return a * ops.sigmoid(b)


def log_softmax(layer: LogSoftmax, context: RuleContext) -> KerasLayer:
    """y = x - ln(sum e^x) along the axis."""
    return LogSoftmaxLayer(layer.axis, **context.common)


def glu(layer: GLU, context: RuleContext) -> KerasLayer:
    """y = a sigmoid(b), of the halves of x along the axis."""
    return GLULayer(layer.axis, **context.common)
