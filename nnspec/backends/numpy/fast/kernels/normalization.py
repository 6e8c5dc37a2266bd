"""Batch normalization: sums by blocks, joined in order, then each block by itself again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, sum_rows
from nnspec.backends.numpy.fast.kernels.elementwise import elementwise
from nnspec.backends.numpy.fast.plan import Kernel, PlanStep, WholeBatch
from nnspec.backends.numpy.fast.threads import Task
from nnspec.components.layers.normalization import BatchNormalization


def batch_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = gamma n + beta with n = (x - mean) / sqrt(var + eps), of the batch when training.

    dx = gamma / sqrt(var + eps) (dy - mean dy - n mean(dy n)).
    """
    return _Normalization(context, x).kernel() if context.training else elementwise(context, x)


class _Normalization:
    """The sums over a batch, one row a block, and the tasks between them."""

    def __init__(self, context: BlockContext, x: BlockedTensor) -> None:
        layer = context.node.layer
        assert isinstance(layer, BatchNormalization)  # noqa: S101
        self.layer, self.context, self.x = layer, context, x
        channels, dtype = context.shape[-1], context.dtype
        self.y = x._replace(values=context.buffers(context.shape), overwritable=True)
        self.normal, self.scratch = context.buffers(context.shape), context.buffers(context.shape)
        self.sums = np.empty((2, len(context.blocks.spans), channels), dtype)
        self.mean, self.deviation = np.empty(channels, dtype), np.empty(channels, dtype)
        self.slope = np.empty(channels, dtype)  # mean(dy n)
        self.gamma = context.weight("gamma") if layer.scale else np.ones(channels, dtype)
        self.beta = context.weight("beta") if layer.center else np.zeros(channels, dtype)
        self.count = sum(values.size for values in x.values) // channels

    def kernel(self) -> Kernel:
        forward: list[PlanStep] = [
            self._each(self._sum), WholeBatch([self._join_mean]),
            self._each(self._square), WholeBatch([self._join_deviation]),
            self._each(self._normalize),
        ]  # fmt: skip
        backward: list[PlanStep] = [
            self._each(self._sum_gradients), WholeBatch([self._join_gradients]),
            self._each(self._differentiate),
        ]  # fmt: skip
        return Kernel(self.y, forward, backward)

    def _each(self, method: Callable[[int], None]) -> list[Task]:
        return [partial(method, index) for index in range(len(self.context.blocks.spans))]

    def _sum(self, index: int) -> None:
        _totals(self.x.values[index], self.sums[0, index])

    def _join_mean(self) -> None:
        np.divide(np.add.reduce(self.sums[0], axis=0), self.count, out=self.mean)
        self._follow("moving_mean", self.mean)

    def _square(self, index: int) -> None:
        normal, scratch = self.normal[index], self.scratch[index]
        np.subtract(self.x.values[index], self.mean, out=normal)
        np.multiply(normal, normal, out=scratch)
        _totals(scratch, self.sums[0, index])

    def _join_deviation(self) -> None:
        variance = np.add.reduce(self.sums[0], axis=0) / self.count
        self._follow("moving_variance", variance)
        np.sqrt(variance + self.layer.epsilon, out=self.deviation)

    def _normalize(self, index: int) -> None:
        normal, y = self.normal[index], self.y.values[index]
        np.divide(normal, self.deviation, out=normal)
        np.multiply(normal, self.gamma, out=y)
        np.add(y, self.beta, out=y)

    def _sum_gradients(self, index: int) -> None:
        dy, scratch = self.y.gradients[index], self.scratch[index]
        np.multiply(dy, self.normal[index], out=scratch)
        _totals(dy, self.sums[0, index])
        _totals(scratch, self.sums[1, index])

    def _join_gradients(self) -> None:
        totals = np.add.reduce(self.sums, axis=1)
        for name, wanted, total in (
            ("beta", self.layer.center, totals[0]),
            ("gamma", self.layer.scale, totals[1]),
        ):
            if wanted:
                self.context.gradient(name)[...] = total
        self.mean, self.slope = totals / self.count

    def _differentiate(self, index: int) -> None:
        dy, scratch = self.y.gradients[index], self.scratch[index]
        np.multiply(self.normal[index], self.slope, out=scratch)
        np.subtract(dy, self.mean, out=dy)
        np.subtract(dy, scratch, out=dy)
        np.multiply(dy, self.gamma / self.deviation, out=dy)

    def _follow(self, name: str, value: Array) -> None:
        """running <- momentum running + (1 - momentum) value."""
        running, momentum = self.context.weight(name), self.layer.momentum
        running *= momentum
        running += value * (1 - momentum)


def _totals(values: Array, out: Array) -> None:
    """The sum for each channel, the last axis."""
    sum_rows(values.reshape(-1, values.shape[-1]), out)
