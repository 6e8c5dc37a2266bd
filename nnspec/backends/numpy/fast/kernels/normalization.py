"""Kernel of batch normalization: sums per block, reduced in order, between tasks per block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
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
    layer = context.node.layer
    assert isinstance(layer, BatchNormalization)  # noqa: S101
    y = context.share_gradient(x) if x.overwritable else context.allocate_like(x, overwritable=True)
    mean, variance = context.weight("moving_mean"), context.weight("moving_variance")
    gamma, beta = (
        context.weight(name) if has_weight else None
        for name, has_weight in (("gamma", layer.scale), ("beta", layer.center))
    )

    def forward(x: Array, y: Array) -> None:
        np.subtract(x, mean, out=y)
        np.divide(y, np.sqrt(variance + layer.epsilon), out=y)
        if gamma is not None:
            np.multiply(y, gamma, out=y)
        if beta is not None:
            np.add(y, beta, out=y)

    def backward(dy: Array) -> None:
        np.divide(dy, np.sqrt(variance + layer.epsilon), out=dy)
        if gamma is not None:
            np.multiply(dy, gamma, out=dy)

    steps = [partial(forward, *pair) for pair in zip(x.values, y.values, strict=True)]
    return Kernel(y, [steps], [[partial(backward, dy) for dy in y.gradients]])


class _Normalization:
    """Batch normalization in training: sums (2, blocks, channels), and the tasks between them."""

    def __init__(self, context: BlockContext, x: BlockedTensor) -> None:
        layer = context.node.layer
        assert isinstance(layer, BatchNormalization)  # noqa: S101
        self.layer, self.context, self.x = layer, context, x
        channels, dtype = context.shape[-1], context.dtype
        self.y = context.allocate_like(x, overwritable=True)
        self.normalized, self.scratch = context.like_buffers(x), context.like_buffers(x)
        self.sums = np.empty((2, len(context.blocks.spans), channels), dtype)
        self.mean, self.deviation = np.empty(channels, dtype), np.empty(channels, dtype)
        self.mean_dy_normalized = np.empty(channels, dtype)  # mean(dy n)
        self.gamma = context.weight("gamma") if layer.scale else np.ones(channels, dtype)
        self.beta = context.weight("beta") if layer.center else np.zeros(channels, dtype)
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
        return Kernel(self.y, forward, backward)

    def _per_block(self, method: Callable[[int], None]) -> list[Task]:
        return [partial(method, index) for index in range(len(self.context.blocks.spans))]

    def _sum_block(self, index: int) -> None:
        _channel_sums(self.x.values[index], self.sums[0, index])

    def _mean(self) -> None:
        np.divide(np.add.reduce(self.sums[0], axis=0), self.count, out=self.mean)
        self._update_running("moving_mean", self.mean)

    def _center_block(self, index: int) -> None:
        normalized, scratch = self.normalized[index], self.scratch[index]
        np.subtract(self.x.values[index], self.mean, out=normalized)
        np.multiply(normalized, normalized, out=scratch)
        _channel_sums(scratch, self.sums[0, index])

    def _deviation(self) -> None:
        variance = np.add.reduce(self.sums[0], axis=0) / self.count
        self._update_running("moving_variance", variance)
        np.sqrt(variance + self.layer.epsilon, out=self.deviation)

    def _normalize_block(self, index: int) -> None:
        normalized, y = self.normalized[index], self.y.values[index]
        np.divide(normalized, self.deviation, out=normalized)
        np.multiply(normalized, self.gamma, out=y)
        np.add(y, self.beta, out=y)

    def _sum_gradients_block(self, index: int) -> None:
        dy, scratch = self.y.gradients[index], self.scratch[index]
        np.multiply(dy, self.normalized[index], out=scratch)
        _channel_sums(dy, self.sums[0, index])
        _channel_sums(scratch, self.sums[1, index])

    def _parameter_gradients(self) -> None:
        totals = np.add.reduce(self.sums, axis=1)
        for name, has_weight, total in (
            ("beta", self.layer.center, totals[0]),
            ("gamma", self.layer.scale, totals[1]),
        ):
            if has_weight:
                self.context.gradient(name)[...] = total
        self.mean, self.mean_dy_normalized = totals / self.count

    def _input_gradient_block(self, index: int) -> None:
        dy, scratch = self.y.gradients[index], self.scratch[index]
        np.multiply(self.normalized[index], self.mean_dy_normalized, out=scratch)
        np.subtract(dy, self.mean, out=dy)
        np.subtract(dy, scratch, out=dy)
        np.multiply(dy, self.gamma / self.deviation, out=dy)

    def _update_running(self, name: str, value: Array) -> None:
        """running <- momentum running + (1 - momentum) value."""
        running, momentum = self.context.weight(name), self.layer.momentum
        running *= momentum
        running += value * (1 - momentum)


def _channel_sums(values: Array, out: Array) -> None:
    """Sum over all axes but the last, per channel."""
    sum_rows(values.reshape(-1, values.shape[-1]), out)
