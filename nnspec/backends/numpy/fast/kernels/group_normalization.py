"""Kernel of group normalization of sequences and images, block by block."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels import long_rows
from nnspec.backends.numpy.fast.kernels.weighted_blocks import BlockGradients
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.components.layers.normalization import GroupNormalization


def normalize_groups(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps), over the groups of each row.

    dx = 1 / sqrt(var + eps) (g - mean g - n mean(g n)) for g = gamma dy, dgamma = sum dy n, dbeta =
    sum dy.
    """
    y = context.allocate_like(x, overwritable=True)
    centered = x.values if x.overwritable else context.like_buffers(x)
    arrays = zip(x.values, centered, y.values, y.gradients, strict=True)
    blocks = [_Block(context, *of) for of in arrays]
    forward = [block.forward for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    gradients = BlockGradients(context)
    backward = [partial(block.backward, gradients[i]) for i, block in enumerate(blocks)]
    tasks = [gradients.task()] if context.gradients else []
    return Kernel(y, [forward], [backward], weight_gradients=tasks)


class _Block:
    """One block (*sizes, rows, channels). Vectors are (rows channels), one number for each group.

    `centered`, x - mean, may be x.
    """

    def __init__(
        self, context: BlockContext, x: Array, centered: Array, y: Array, dy: Array
    ) -> None:
        layer = context.node.layer
        assert isinstance(layer, GroupNormalization)  # noqa: S101
        self.epsilon, (rows, channels) = layer.epsilon, x.shape[-2:]
        self.by_group = rows, layer.groups, channels // layer.groups
        self.count = x.size // (rows * layer.groups)
        self.x, self.centered, self.y, self.dy = long_rows.long_row_matrices([x, centered, y, dy])
        self.gamma = context.weight("gamma") if layer.scale else np.ones(channels, x.dtype)
        self.beta = context.weight("beta") if layer.center else np.zeros(channels, x.dtype)
        self.deviation = np.empty(rows * channels, x.dtype)

    def forward(self) -> None:
        """The statistics, then y."""
        sums, (rows, *_) = np.empty_like(self.deviation), self.by_group
        long_rows.sum_matrix(self.x, sums)
        long_rows.center(self.x, self._group_means(sums), self.centered)
        long_rows.sum_products(self.centered, self.centered, sums)
        np.sqrt(self._group_means(sums) + self.epsilon, out=self.deviation)
        scale, beta = np.tile(self.gamma, rows) / self.deviation, np.tile(self.beta, rows)
        long_rows.scale_and_shift(self.centered, scale, beta, self.y)

    def backward(self, gradients: Mapping[str, Array]) -> None:
        """Write dx over dy, and the gradients of gamma and beta."""
        sums, products = np.empty((2, *self.deviation.shape), self.dy.dtype)
        long_rows.sum_matrix(self.dy, sums)
        long_rows.sum_products(self.centered, self.dy, products)
        products /= self.deviation  # sum of dy n over the places
        for name, total in (("beta", sums), ("gamma", products)):
            if name in gradients:
                np.add.reduce(total.reshape(-1, len(self.gamma)), axis=0, out=gradients[name])
        gamma = np.tile(self.gamma, self.by_group[0])
        mean, mean_n = (self._group_means(gamma * total) for total in (sums, products))
        vectors = gamma / self.deviation, mean_n / self.deviation**2, mean / self.deviation
        long_rows.normalization_gradient(self.centered, self.dy, *vectors)

    def _group_means(self, sums: Array) -> Array:
        """The mean of each group, for each of its channels, from sums (rows channels)."""
        totals = sums.reshape(self.by_group).sum(axis=-1, keepdims=True) / self.count
        return np.broadcast_to(totals, self.by_group).reshape(-1)
