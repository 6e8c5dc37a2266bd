"""The rule of dense layers: y = x W + b, and its gradients."""

from __future__ import annotations

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.dense import Dense


def dense(layer: Dense, context: RuleContext) -> Forward:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W', with x (rows, in), W (in, units).

    Further axes of x (rows, ..., in) count as rows.
    """
    kernel = context.weight("kernel")
    bias = context.weight("bias") if layer.use_bias else None

    def forward(x: Array) -> tuple[Array, Backward]:
        rows = x.reshape(-1, x.shape[-1])
        y = rows @ kernel
        if bias is not None:
            y += bias

        def backward(dy: Array) -> tuple[Array | None]:
            dy_rows = dy.reshape(-1, dy.shape[-1])
            context.add_gradient("kernel", rows.T @ dy_rows)
            if bias is not None:
                context.add_gradient("bias", dy_rows.sum(axis=0))
            return ((dy_rows @ kernel.T).reshape(x.shape) if context.input_gradients[0] else None,)

        return y.reshape(*x.shape[:-1], layer.units), backward

    return forward
