"""Rules for dense layers and layers that only change the shape."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.workspace import Backward, Forward, Workspace, rule
from nnspec.layers.activation import Linear
from nnspec.layers.base import Layer
from nnspec.layers.core import Dense
from nnspec.layers.reshape import Flatten, Reshape


@rule.register(Dense)
def dense(layer: Dense, space: Workspace) -> tuple[Forward, Backward]:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, dx = space.like(space.shape), space.like(space.input_shape)
    kernel = space.weight("kernel")
    bias = space.weight("bias") if "bias" in space.node.weights else None
    kept: list[Array] = [y]  # the last input

    def forward(x: Array) -> Array:
        kept[0] = x
        np.matmul(x, kernel, out=y)
        return y if bias is None else np.add(y, bias, out=y)

    def backward(dy: Array) -> Array:
        np.matmul(kept[0].T, dy, out=space.gradient("kernel"))
        if bias is not None:
            np.sum(dy, axis=0, out=space.gradient("bias"))
        return np.matmul(dy, kernel.T, out=dx) if space.input_gradient else dx

    return forward, backward


@rule.register(Flatten, Reshape)
def reshape(layer: Flatten | Reshape, space: Workspace) -> tuple[Forward, Backward]:
    """The same numbers under another shape."""
    before, after = (space.rows, *space.input_shape), (space.rows, *space.shape)
    return lambda x: x.reshape(after), lambda dy: dy.reshape(before)


@rule.register(Linear)
def identity(_: Layer, __: Workspace) -> tuple[Forward, Backward]:
    """y = x."""
    return lambda x: x, lambda dy: dy
