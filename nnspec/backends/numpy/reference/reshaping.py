"""Rules of flatten, reshape and identity."""

from __future__ import annotations

from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.base import Layer
from nnspec.components.layers.reshaping import Flatten, Reshape


def reshape(layer: Flatten | Reshape, context: RuleContext) -> tuple[Forward, Backward]:
    """y = x in another shape, in row-major order."""
    input_shape, output_shape = (context.rows, *context.input_shape), (context.rows, *context.shape)
    return lambda x: x.reshape(output_shape), lambda dy: dy.reshape(input_shape)


def identity(_: Layer, __: RuleContext) -> tuple[Forward, Backward]:
    """y = x."""
    return lambda x: x, lambda dy: dy
