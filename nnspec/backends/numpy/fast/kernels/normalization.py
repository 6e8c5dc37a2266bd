"""Kernel of batch normalization: sums per block, reduced in order, between tasks per block.

A block is a matrix with long rows, each of which has all channels several times: NumPy repeats the
vectors of the channels fastest if they have `LONG_ROW` numbers or more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.activations import by_chunks
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel, PlanStep
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.backends.numpy.fast.threads import Task
from nnspec.components.layers.normalization import BatchNormalization

LONG_ROW = 1 << 13  # numbers


def batch_normalization(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps), per channel.

    In training, mean and var are the batch's, dx = gamma / sqrt(var + eps) (dy - mean dy - n
    mean(dy n)), dgamma = sum dy n, dbeta = sum dy; otherwise they are the running statistics.
    """
    return _Normalization(context, x).kernel() if context.training else _predicted(context, x)


def _predicted(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Batch normalization by the running statistics, in place where x may be overwritten."""
    y = x if x.overwritable else context.allocate_like(x, overwritable=True)
    affine = _Affine(context)
    mean, variance = context.weight("moving_mean"), context.weight("moving_variance")

    def forward(x: Array, y: Array) -> None:
        deviation = np.sqrt(variance + affine.epsilon)
        vectors = _repeat(x, mean, affine.gamma / deviation, affine.beta)
        by_chunks(partial(_normalize, *vectors), x, y)

    pairs = zip(_matrices(x.values), _matrices(y.values), strict=True)
    return Kernel(y, [[partial(forward, *pair) for pair in pairs]])


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
        self.context, self.affine = context, _Affine(context)
        channels, dtype = context.shape[-1], context.dtype
        self.output = context.allocate_like(x, overwritable=True)
        self.x, self.y = _matrices(x.values), _matrices(self.output.values)
        self.dy = _matrices(self.output.gradients)
        self.centered = self.x if x.overwritable else _matrices(context.like_buffers(x))
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
        _sum_to(self.sums[0, index], _add_sums, self.x[index])

    def _mean(self) -> None:
        np.divide(np.add.reduce(self.sums[0], axis=0), self.count, out=self.mean)
        self._update_running("moving_mean", self.mean)

    def _center_block(self, index: int) -> None:
        x, centered = self.x[index], self.centered[index]
        by_chunks(partial(_center, *_repeat(x, self.mean)), x, centered)
        _sum_to(self.sums[0, index], _add_products, centered, centered)

    def _deviation(self) -> None:
        variance = np.add.reduce(self.sums[0], axis=0) / self.count
        self._update_running("moving_variance", variance)
        np.sqrt(variance + self.affine.epsilon, out=self.deviation)

    def _normalize_block(self, index: int) -> None:
        centered = self.centered[index]
        vectors = _repeat(centered, self.affine.gamma / self.deviation, self.affine.beta)
        by_chunks(partial(_scale_and_shift, *vectors), centered, self.y[index])

    def _sum_gradients_block(self, index: int) -> None:
        _sum_to(self.sums[0, index], _add_sums, self.dy[index])
        _sum_to(self.sums[1, index], _add_products, self.centered[index], self.dy[index])

    def _parameter_gradients(self) -> None:
        dbeta, products = np.add.reduce(self.sums, axis=1)
        dgamma = products / self.deviation
        for name, total in (("beta", dbeta), ("gamma", dgamma)):
            if self.context.has_weight(name):
                self.context.gradient(name)[...] = total
        np.divide(dbeta, self.count, out=self.mean_dy)
        np.divide(dgamma, self.count * self.deviation, out=self.slope)

    def _input_gradient_block(self, index: int) -> None:
        centered, scale = self.centered[index], self.affine.gamma / self.deviation
        vectors = _repeat(centered, self.slope, self.mean_dy, scale)
        by_chunks(partial(_input_gradient, *vectors), centered, self.dy[index])

    def _update_running(self, name: str, value: Array) -> None:
        """running <- momentum running + (1 - momentum) value."""
        running, momentum = self.context.weight(name), self.affine.momentum
        running *= momentum
        running += value * (1 - momentum)


def _matrices(blocks: Sequence[Array]) -> list[Array]:
    """Each block as a matrix whose rows have all channels several times; views."""
    return [block.reshape(-1, _row_length(block)) for block in blocks]


def _row_length(block: Array) -> int:
    """The product of a block's last axes, then of a part of the next one, up to `LONG_ROW`."""
    *outer, length = block.shape
    while outer and length * outer[-1] <= LONG_ROW:
        length *= outer.pop()
    parts = [n for n in range(1, prod(outer[-1:]) + 1) if prod(outer[-1:]) % n == 0]
    return length * next((n for n in parts if n * length >= LONG_ROW), parts[-1])


def _repeat(matrix: Array, *vectors: Array) -> list[Array]:
    """Vectors of the channels, repeated to the length of a matrix's rows."""
    return [np.tile(vector, matrix.shape[1] // len(vector)) for vector in vectors]


def _sum_to(out: Array, add: Callable[..., None], *matrices: Array) -> None:
    """Add up rows by `add(total, *rows)`, then sum per channel."""
    total = np.zeros(matrices[0].shape[1], out.dtype)
    by_chunks(partial(add, total), *matrices)
    np.add.reduce(total.reshape(-1, len(out)), axis=0, out=out)


def _add_sums(total: Array, x: Array) -> None:
    """total += sum of the rows, a product with ones: faster than a reduction over axis 0."""
    np.add(total, np.ones(len(x), x.dtype) @ x, out=total)


def _add_products(total: Array, x: Array, z: Array) -> None:
    """total += sum of x z over the rows."""
    product = scratch(x.shape, x.dtype)
    np.multiply(x, z, out=product)
    _add_sums(total, product)


def _center(mean: Array, x: Array, centered: Array) -> None:
    np.subtract(x, mean, out=centered)


def _scale_and_shift(scale: Array, beta: Array, centered: Array, y: Array) -> None:
    np.multiply(centered, scale, out=y)
    np.add(y, beta, out=y)


def _normalize(mean: Array, scale: Array, beta: Array, x: Array, y: Array) -> None:
    """y = (x - mean) scale + beta; y may be x."""
    _center(mean, x, y)
    _scale_and_shift(scale, beta, y, y)


def _input_gradient(slope: Array, mean_dy: Array, scale: Array, centered: Array, dy: Array) -> None:
    """dx = (dy - mean_dy - centered slope) scale, over dy; slope = mean(dy n) / deviation."""
    product = scratch(dy.shape, dy.dtype)
    np.multiply(centered, slope, out=product)
    np.subtract(dy, mean_dy, out=dy)
    np.subtract(dy, product, out=dy)
    np.multiply(dy, scale, out=dy)
