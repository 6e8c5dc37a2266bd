"""The rule of a layer that is a function of single numbers, made of the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import keras

from nnspec.backends.keras.rules import KerasLayer, Rule, RuleContext, Tensor

Constant = Callable[[float], float]  # converts a number to the program's precision
Function = Callable[[Any, Tensor, Constant], Tensor]


class ElementwiseLayer(keras.layers.Layer):
    """y = function(x)."""

    def __init__(self, function: Callable[[Tensor], Tensor], **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return self.function(inputs)


def elementwise(function: Function) -> Rule:
    """The rule of a layer whose y `function(layer, x, constant)` gives."""

    @wraps(function)
    def rule(layer: Any, context: RuleContext) -> KerasLayer:
        bound = partial(_called, function, layer, context.constant)
        return ElementwiseLayer(bound, **context.common)

    return rule


def _called(function: Function, layer: Any, constant: Constant, x: Tensor) -> Tensor:
    return function(layer, x, constant)
