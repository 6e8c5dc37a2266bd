"""Flatten, reshape and identity: the same numbers in another shape."""

from __future__ import annotations

from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.base import Layer
from nnspec.components.layers.reshaping import Flatten, Reshape


def reshape(layer: Flatten | Reshape, context: RuleContext) -> tuple[Forward, Backward]:
    """The same numbers under another shape."""
    before, after = (context.rows, *context.input_shape), (context.rows, *context.shape)
    return lambda x: x.reshape(after), lambda dy: dy.reshape(before)


def identity(_: Layer, __: RuleContext) -> tuple[Forward, Backward]:
    """y = x."""
    return lambda x: x, lambda dy: dy
