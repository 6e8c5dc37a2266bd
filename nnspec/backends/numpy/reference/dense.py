"""The rule of dense layers: y = x W + b, and its gradients."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.dense import Dense


def dense(layer: Dense, context: RuleContext) -> tuple[Forward, Backward]:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W', with x (rows, in), W (in, units)."""
    y, dx = context.empty(context.shape), context.empty(context.input_shape)
    kernel = context.weight("kernel")
    bias = context.weight("bias") if "bias" in context.node.weights else None
    inputs: list[Array] = [y]  # the last input

    def forward(x: Array) -> Array:
        inputs[0] = x
        np.matmul(x, kernel, out=y)
        return y if bias is None else np.add(y, bias, out=y)

    def backward(dy: Array) -> Array:
        np.matmul(inputs[0].T, dy, out=context.gradient("kernel"))
        if bias is not None:
            np.sum(dy, axis=0, out=context.gradient("bias"))
        return np.matmul(dy, kernel.T, out=dx) if context.input_gradient else dx

    return forward, backward
