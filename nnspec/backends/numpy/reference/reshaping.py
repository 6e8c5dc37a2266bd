"""Flatten, reshape and identity: the same numbers in another shape."""

from __future__ import annotations

from nnspec.backends.numpy.reference.context import Backward, Forward, Workspace, rule
from nnspec.components.layers.activations import Linear
from nnspec.components.layers.base import Layer
from nnspec.components.layers.reshaping import Flatten, Reshape


@rule.register(Flatten, Reshape)
def reshape(layer: Flatten | Reshape, space: Workspace) -> tuple[Forward, Backward]:
    """The same numbers under another shape."""
    before, after = (space.rows, *space.input_shape), (space.rows, *space.shape)
    return lambda x: x.reshape(after), lambda dy: dy.reshape(before)


@rule.register(Linear)
def identity(_: Layer, __: Workspace) -> tuple[Forward, Backward]:
    """y = x."""
    return lambda x: x, lambda dy: dy
