"""Layers that merge values, on Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)

SMALLEST_SQUARE = 1e-12  # of a length by which is divided


class FirstMaximum(keras.layers.Maximum):
    """y = max(x_1, x_2, ...); Keras' own shares the gradient of a tie on some engines."""

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        largest, *rest = inputs
        for x in rest:
            largest = ops.where(x > largest, x, largest)
        return largest


class FirstMinimum(keras.layers.Minimum):
    """y = min(x_1, x_2, ...); Keras' own shares the gradient of a tie on some engines."""

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        smallest, *rest = inputs
        for x in rest:
            smallest = ops.where(x < smallest, x, smallest)
        return smallest


class CosineDot(keras.layers.Dot):
    """Keras' dot of x / sqrt(max(sum x^2, 1e-12)); its own normalization gives NaN at x = 0."""

    def __init__(self, smallest_square: float, **options: Any) -> None:
        super().__init__(**options)
        self.smallest_square = smallest_square

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        pairs = zip(inputs, self.axes, strict=True)
        return super()._merge_function([self._normalized(x, axis) for x, axis in pairs])

    def _normalized(self, x: Tensor, axis: int) -> Tensor:
        squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
        smallest = ops.full_like(squares, self.smallest_square)
        return x / ops.sqrt(ops.where(squares > smallest, squares, smallest))


def add(_: Add, context: RuleContext) -> KerasLayer:
    """y = x_1 + x_2 + ..."""
    return keras.layers.Add(**context.common)


def subtract(_: Subtract, context: RuleContext) -> KerasLayer:
    """y = x_1 - x_2."""
    return keras.layers.Subtract(**context.common)


def multiply(_: Multiply, context: RuleContext) -> KerasLayer:
    """y = x_1 x_2 ..."""
    return keras.layers.Multiply(**context.common)


def average(_: Average, context: RuleContext) -> KerasLayer:
    """y = (x_1 + x_2 + ... + x_n) / n."""
    return keras.layers.Average(**context.common)


def maximum(_: Maximum, context: RuleContext) -> KerasLayer:
    """y = max(x_1, x_2, ...)."""
    return FirstMaximum(**context.common)


def minimum(_: Minimum, context: RuleContext) -> KerasLayer:
    """y = min(x_1, x_2, ...)."""
    return FirstMinimum(**context.common)


def concatenate(layer: Concatenate, context: RuleContext) -> KerasLayer:
    """The inputs one after the other along an axis."""
    return keras.layers.Concatenate(axis=layer.axis, **context.common)


def dot(layer: Dot, context: RuleContext) -> KerasLayer:
    """y_ab = sum_k x_ka z_kb, of normalized values where the layer says so."""
    if layer.normalize:
        return CosineDot(context.constant(SMALLEST_SQUARE), axes=layer.axes, **context.common)
    return keras.layers.Dot(axes=layer.axes, **context.common)
