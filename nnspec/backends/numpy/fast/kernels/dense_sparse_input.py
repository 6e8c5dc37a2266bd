"""Dense layer on network inputs that skips input columns which are 0 in all rows of a batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.backends.nonzero_columns import NonzeroColumns
from nnspec.backends.numpy.fast.blocks import BlockedTensor, batch_view
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.dense import (
    TASK_SIZE,
    affine,
    bias_gradient_tasks,
    split_rows,
)
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.scratch import scratch

MAX_USED_FRACTION = 7 / 8  # of the inputs, up to which copying the nonzero columns pays


def dense_sparse_input(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, with x (rows, in), W (in, units); no dx.

    Only the nonzero columns of x (e.g. not the black borders of images) and the same rows of W
    are multiplied.
    """
    y = context.allocate_output()
    batch = _SparseBatch(context, batch_view(x.values), batch_view(y.gradients))
    blocks = zip(context.blocks.spans, x.values, y.values, strict=True)
    forward = [partial(batch.forward, *block) for block in blocks]
    if not context.training:
        copy_weight_rows = partial(batch.copy_weight_rows, slice(0, len(batch.kernel)))
        predict = [
            combine_tasks([batch.find_nonzero_columns, copy_weight_rows, batch.next_batch, task])
            for task in forward
        ]
        return Kernel(y, [predict])
    tasks = [batch.gradient_task(*piece) for piece in split_rows(context, TASK_SIZE)]
    tasks += bias_gradient_tasks(context, [batch.dy])
    return Kernel(
        y,
        [forward],
        weight_gradients=tasks,
        queue_batches=batch.queue_batches,
        next_batch=batch.next_batch,
    )


class _UsedInputs(NamedTuple):
    """The nonzero input columns of a batch, and the copy of their rows of W, if `compact`."""

    columns: Array
    weights: Array
    compact: bool


class _SparseBatch:
    """The current batch: compact copies of the nonzero columns of x and of the same rows of W."""

    def __init__(self, context: BlockContext, x: Array, dy: Array) -> None:
        self.x, self.dy, self.kernel = x, dy, context.weight("kernel")
        self.bias = context.weight("bias") if context.has_weight("bias") else None
        self.gradient = context.gradient("kernel")
        self.nonzero_columns: NonzeroColumns | None = None
        self.buffer, self.x_used = context.empty((x.size,)), x
        self.next_weights, weights = (context.empty(self.kernel.shape) for _ in range(2))
        self.current = _UsedInputs(np.empty(0, np.intp), weights, compact=False)
        self.queued_columns: deque[Array] = deque()

    def find_nonzero_columns(self) -> None:
        """Queue the nonzero columns of the current x, in inference."""
        self.queued_columns = deque([np.flatnonzero(np.logical_or.reduce(self.x != 0, axis=0))])

    def queue_batches(self, inputs: Array, batches: Sequence[Indices]) -> None:
        """Queue the nonzero columns of each batch."""
        if self.nonzero_columns is None or inputs is not self.nonzero_columns.inputs:
            self.nonzero_columns = NonzeroColumns(inputs)
        self.queued_columns = deque(map(self.nonzero_columns.of_batch, batches))

    def copy_weight_rows(self, rows: slice) -> None:
        """Copy those of some rows of W that the next batch uses."""
        if self.queued_columns and self._is_compact(self.queued_columns[0]):
            span = _used_span(self.queued_columns[0], rows)
            np.take(self.kernel, self.queued_columns[0][span], 0, self.next_weights[span], "clip")

    def next_batch(self) -> None:
        """Advance to the next queued batch."""
        columns, previous = self.queued_columns.popleft(), self.current
        self.current = _UsedInputs(columns, self.next_weights, self._is_compact(columns))
        self.next_weights = previous.weights
        rows, count = len(self.x), len(columns)
        x_used = self.buffer[: rows * count].reshape(rows, count)
        self.x_used = x_used if self.current.compact else self.x

    def _is_compact(self, columns: Array) -> bool:
        return len(columns) <= MAX_USED_FRACTION * len(self.kernel)

    def forward(self, span: slice, x: Array, y: Array) -> None:
        """y = x W + b for a block of rows."""
        x_used, (columns, weights, compact) = self.x_used[span], self.current
        if compact:
            np.take(x, columns, 1, x_used, "clip")
        affine(x_used, y, weights[: len(columns)] if compact else self.kernel, self.bias)

    def gradient_task(self, rows: slice, span: slice) -> GradientTask:
        """The gradient task of some rows of W."""
        tasks = (
            partial(task, rows)
            for task in (self._weight_gradient, self._subtract_gradient, self.copy_weight_rows)
        )
        task, sgd_task, refresh = tasks
        return GradientTask(task, [span], sgd_task, refresh)

    def _weight_gradient(self, rows: slice) -> None:
        """Some rows of dW = x' dy: 0 for zero columns of x."""
        if not self.current.compact:
            np.matmul(self.x[:, rows].T, self.dy, out=self.gradient[rows])
            return
        self.gradient[rows] = 0
        self.gradient[self.current.columns[_used_span(self.current.columns, rows)]] = (
            self._used_weight_gradient(rows)
        )

    def _subtract_gradient(self, rows: slice) -> None:
        """W -= dW for some rows of W; rows of zero columns are skipped."""
        if not self.current.compact:
            self._weight_gradient(rows)
            np.subtract(self.kernel[rows], self.gradient[rows], out=self.kernel[rows])
            return
        span = _used_span(self.current.columns, rows)
        weights = self.current.weights[span]
        np.subtract(weights, self._used_weight_gradient(rows), out=weights)
        self.kernel[self.current.columns[span]] = weights

    def _used_weight_gradient(self, rows: slice) -> Array:
        """dW = x' dy for the used ones among some rows of W, in scratch memory."""
        span = _used_span(self.current.columns, rows)
        product = scratch((span.stop - span.start, self.dy.shape[1]), self.dy.dtype)
        return np.matmul(self.x_used[:, span].T, self.dy, out=product)


def _used_span(columns: Array, rows: slice) -> slice:
    """Slice of the sorted numbers `columns` that lie in a range of rows of W."""
    return slice(*np.searchsorted(columns, [rows.start, rows.stop]))
