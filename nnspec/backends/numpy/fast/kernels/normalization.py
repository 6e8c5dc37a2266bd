"""Kernel of batch normalization: sums per block, reduced in order, between tasks per block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels import long_rows
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel, PlanStep
from nnspec.backends.numpy.fast.threads import Task
from nnspec.components.layers.normalization import BatchNormalization


def batch_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps), per channel.

    In training, mean and var are the batch's, dx = gamma / sqrt(var + eps) (dy - mean dy - n
    mean(dy n)), dgamma = sum dy n, dbeta = sum dy; otherwise, and of a frozen layer, they are the
    running statistics, and dx = gamma / sqrt(var + eps) dy.
    """
    by_batch = context.training and not context.node.layer.is_frozen
    return _Normalization(context, x).kernel() if by_batch else _by_running(context, x)


def _by_running(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Batch normalization by the running statistics, in place where x may be overwritten."""
    y = context.share_gradient(x) if x.overwritable else context.allocate_like(x, overwritable=True)
    affine = _Affine(context)
    mean, variance = context.weight("moving_mean"), context.weight("moving_variance")

    def forward(x: Array, y: Array) -> None:
        scale = affine.gamma / np.sqrt(variance + affine.epsilon)
        long_rows.scale_and_shift(x, scale, affine.beta - mean * scale, y)

    def backward(dy: Array) -> None:
        long_rows.scale(dy, affine.gamma / np.sqrt(variance + affine.epsilon))

    pairs = zip(*map(long_rows.long_row_matrices, (x.values, y.values)), strict=True)
    gradients = long_rows.long_row_matrices(y.gradients)
    return Kernel(
        y,
        [[partial(forward, *pair) for pair in pairs]],
        [[partial(backward, dy) for dy in gradients]],
    )


class _Affine:
    """The options of the layer, and gamma and beta: 1 and 0 where it has none."""

    def __init__(self, context: BlockContext) -> None:
        layer, channels = context.node.layer, context.shape[-1]
        assert isinstance(layer, BatchNormalization)  # noqa: S101
        self.epsilon, self.momentum = layer.epsilon, layer.momentum
        ones, zeros = np.ones(channels, context.dtype), np.zeros(channels, context.dtype)
        self.gamma = context.weight("gamma") if layer.scale else ones
        self.beta = context.weight("beta") if layer.center else zeros


class _Normalization:
    """Batch normalization in training: sums (2, blocks, channels), and the tasks between them.

    `centered`, x - mean, is written over x where that may be.
    """

    def __init__(self, context: BlockContext, x: BlockedTensor) -> None:
        self.context, self.affine, matrices = context, _Affine(context), long_rows.long_row_matrices
        channels, dtype = context.shape[-1], context.dtype
        self.output = context.allocate_like(x, overwritable=True)
        self.x, self.y = matrices(x.values), matrices(self.output.values)
        self.dy = matrices(self.output.gradients)
        self.centered = self.x if x.overwritable else matrices(context.like_buffers(x))
        self.sums = np.empty((2, len(context.blocks.spans), channels), dtype)
        self.mean, self.deviation, self.mean_dy, self.slope = np.empty((4, channels), dtype)
        self.count = sum(values.size for values in x.values) // channels

    def kernel(self) -> Kernel:
        forward: list[PlanStep] = [
            self._per_block(self._sum_block), BatchStep([self._mean]),
            self._per_block(self._center_block), BatchStep([self._deviation]),
            self._per_block(self._normalize_block),
        ]  # fmt: skip
        backward: list[PlanStep] = [
            self._per_block(self._sum_gradients_block), BatchStep([self._parameter_gradients]),
            self._per_block(self._input_gradient_block),
        ]  # fmt: skip
        return Kernel(self.output, forward, backward)

    def _per_block(self, method: Callable[[int], None]) -> list[Task]:
        return [partial(method, index) for index in range(len(self.context.blocks.spans))]

    def _sum_block(self, index: int) -> None:
        long_rows.sum_matrix(self.x[index], self.sums[0, index])

    def _mean(self) -> None:
        np.divide(np.add.reduce(self.sums[0], axis=0), self.count, out=self.mean)
        self._update_running("moving_mean", self.mean)

    def _center_block(self, index: int) -> None:
        centered = self.centered[index]
        long_rows.center(self.x[index], self.mean, centered)
        long_rows.sum_products(centered, centered, self.sums[0, index])

    def _deviation(self) -> None:
        variance = np.add.reduce(self.sums[0], axis=0) / self.count
        self._update_running("moving_variance", variance)
        np.sqrt(variance + self.affine.epsilon, out=self.deviation)

    def _normalize_block(self, index: int) -> None:
        scale = self.affine.gamma / self.deviation
        long_rows.scale_and_shift(self.centered[index], scale, self.affine.beta, self.y[index])

    def _sum_gradients_block(self, index: int) -> None:
        long_rows.sum_matrix(self.dy[index], self.sums[0, index])
        long_rows.sum_products(self.centered[index], self.dy[index], self.sums[1, index])

    def _parameter_gradients(self) -> None:
        dbeta, products = np.add.reduce(self.sums, axis=1)
        dgamma = products / self.deviation
        for name, total in (("beta", dbeta), ("gamma", dgamma)):
            if self.context.has_weight(name):
                self.context.gradient(name)[...] = total
        np.divide(dbeta, self.count, out=self.mean_dy)
        np.divide(dgamma, self.count * self.deviation, out=self.slope)

    def _input_gradient_block(self, index: int) -> None:
        """dx = (dy - mean dy - centered slope) scale."""
        scale = self.affine.gamma / self.deviation
        vectors = scale, self.slope * scale, self.mean_dy * scale
        long_rows.normalization_gradient(self.centered[index], self.dy[index], *vectors)

    def _update_running(self, name: str, value: Array) -> None:
        """running <- momentum running + (1 - momentum) value."""
        running, momentum = self.context.weight(name), self.affine.momentum
        running *= momentum
        running += value * (1 - momentum)
