"""Rules for layers that draw: what they drew is an input, absent when predicting."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.regularization import Dropout, GaussianNoise, SpatialDropout2D


class Keep(keras.layers.Layer):
    """y = x / keep where the mask holds, else 0; without a mask, x."""

    def __init__(self, keep: float, **options: Any) -> None:
        super().__init__(**options)
        self.keep = keep

    def call(self, inputs: Tensor, drawn: Tensor = None) -> Tensor:
        """Choose, rather than multiply by the mask: 0 times infinity is no number."""
        if drawn is None:
            return inputs
        return ops.where(drawn, inputs / self.keep, ops.zeros_like(inputs))


class Add(keras.layers.Layer):
    """y = x + what was drawn, or x."""

    def call(self, inputs: Tensor, drawn: Tensor = None) -> Tensor:
        """The sum."""
        return inputs if drawn is None else inputs + drawn


def dropout(layer: Dropout | SpatialDropout2D, context: RuleContext) -> KerasLayer:
    """In training y = x / (1 - rate) where kept, else 0."""
    return Keep(context.number(1 - layer.rate), **context.common)


def gaussian_noise(_: GaussianNoise, context: RuleContext) -> KerasLayer:
    """In training y = x + N(0, stddev^2)."""
    return Add(**context.common)
