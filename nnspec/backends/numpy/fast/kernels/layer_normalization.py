"""Kernel of layer normalization over the last axis."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.components.layers.normalization import LayerNormalization


def normalize_vectors(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps), for each vector along the last axis.

    dx = 1 / sqrt(var + eps) (g - mean g - n mean(g n)) for g = gamma dy, dgamma = sum dy n, dbeta =
    sum dy.
    """
    y = context.allocate_like(x, overwritable=True)
    sums = np.empty((2, len(x.values), context.shape[-1]), context.dtype)
    blocks = [
        _Block(context, *arrays)
        for arrays in zip(x.values, y.values, y.gradients, *sums, strict=True)
    ]
    forward = [block.forward for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    gradients = zip(("gamma", "beta"), sums, strict=True)
    tasks = [
        GradientTask(
            partial(np.add.reduce, of, axis=0, out=context.gradient(name)),
            [context.gradient_span(name)],
        )
        for name, of in gradients
        if context.has_weight(name)
    ]
    return Kernel(y, [forward], [[block.backward for block in blocks]], weight_gradients=tasks)


class _Block:
    """One block as a matrix (vectors, channels)."""

    def __init__(
        self, context: BlockContext, x: Array, y: Array, dy: Array, dgamma: Array, dbeta: Array
    ) -> None:
        layer = context.node.layer
        assert isinstance(layer, LayerNormalization)  # noqa: S101
        self.epsilon, self.context = layer.epsilon, context
        self.x, self.y, self.dy = map(as_matrix, (x, y, dy))
        self.normalized = context.empty(self.x.shape) if context.training else self.y
        self.deviation = np.empty((len(self.x), 1), context.dtype)
        self.gamma = context.weight("gamma") if layer.scale else None
        self.beta = context.weight("beta") if layer.center else None
        self.dgamma, self.dbeta = dgamma, dbeta

    def forward(self) -> None:
        normalized, y = self.normalized, self.y
        np.subtract(self.x, _means(self.x), out=normalized)
        squares = np.square(normalized, out=scratch(normalized.shape, normalized.dtype))
        np.sqrt(_means(squares) + self.epsilon, out=self.deviation)
        np.divide(normalized, self.deviation, out=normalized)
        if self.gamma is not None:
            np.multiply(normalized, self.gamma, out=y)
        elif y is not normalized:
            np.copyto(y, normalized)
        if self.beta is not None:
            np.add(y, self.beta, out=y)

    def backward(self) -> None:
        """Write dx over dy."""
        normalized, dy = self.normalized, self.dy
        product = scratch(dy.shape, dy.dtype)
        if self.beta is not None:
            sum_rows(dy, self.dbeta)
        if self.gamma is not None:
            sum_rows(np.multiply(dy, normalized, out=product), self.dgamma)
            np.multiply(dy, self.gamma, out=dy)
        means = _means(dy), _means(np.multiply(dy, normalized, out=product))
        np.subtract(dy, means[0], out=dy)
        np.subtract(dy, np.multiply(normalized, means[1], out=product), out=dy)
        np.divide(dy, self.deviation, out=dy)


def _means(values: Array) -> Array:
    """Mean of each row of a matrix, (rows, 1)."""
    sums: Array = np.add.reduce(values, axis=1, keepdims=True)
    return np.divide(sums, values.shape[1], out=sums)
