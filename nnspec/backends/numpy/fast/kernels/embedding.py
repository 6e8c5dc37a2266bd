"""Kernel of embeddings."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel


def embedding(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = E[x]; dE[i] = the sum of dy wherever x = i, in the order of the rows.

    Indices are within the table: whoever hands rows to the program has checked them.
    """
    y, table = context.allocate_output(), context.weight("embeddings")
    forward = [
        partial(_look_up, table, x.rows_first(indices), y.rows_first(values))
        for indices, values in zip(x.values, y.values, strict=True)
    ]
    if not context.training:
        return Kernel(y, [forward])

    def write_gradient() -> None:
        indices, dy = x.gather(x.values).reshape(-1), as_matrix(y.gather(y.gradients))
        _sum_by_index(indices, dy, context.gradient("embeddings"))

    return Kernel(
        y, [forward], weight_gradients=[GradientTask(write_gradient, context.gradient_spans())]
    )


def _look_up(table: Array, indices: Array, out: Array) -> None:
    if out.flags.c_contiguous:
        np.take(table, indices, 0, out, "clip")
    else:
        out[...] = table[indices]


def _sum_by_index(indices: Array, dy: Array, out: Array) -> None:
    """out[i] = the sum of the rows of dy where indices = i."""
    out.fill(0)
    order = np.argsort(indices, kind="stable")
    found, starts = np.unique(indices[order], return_index=True)
    out[found] = np.add.reduceat(dy[order], starts, axis=0)
