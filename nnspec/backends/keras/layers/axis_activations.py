"""Activations along an axis, on Keras; axis 0 is that of the rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.axis_activations import GLU, LogSoftmax, Sparsemax


class LogSoftmaxLayer(keras.layers.Layer):
    """y = x - ln(sum e^x) along an axis."""

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return ops.log_softmax(inputs, axis=self.axis)


class SparsemaxLayer(keras.layers.Layer):
    """y = max(x - tau, 0), with the tau for which y sums to 1 along an axis.

    The tau of Keras' own adds up sums, so that its outputs sum to less.
    """

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        axis = self.axis
        x = ops.stop_gradient(inputs)
        sums = ops.cumsum(-ops.sort(-x, axis=axis), axis=axis) - 1
        counts = np.arange(1, x.shape[axis] + 1, dtype=self.compute_dtype)
        shape = [1] * len(x.shape)
        shape[axis] = -1
        largest = ops.max(sums / counts.reshape(shape), axis=axis, keepdims=True)
        support = ops.cast(x > largest, self.compute_dtype)
        size = ops.sum(support, axis=axis, keepdims=True)
        tau = (ops.sum(inputs * support, axis=axis, keepdims=True) - 1) / size
        return (inputs - tau) * support


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


def sparsemax(layer: Sparsemax, context: RuleContext) -> KerasLayer:
    """y = max(x - tau, 0) along the axis."""
    return SparsemaxLayer(layer.axis, **context.common)


def glu(layer: GLU, context: RuleContext) -> KerasLayer:
    """y = a sigmoid(b), of the halves of x along the axis."""
    return GLULayer(layer.axis, **context.common)
