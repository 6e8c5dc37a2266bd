"""A dense layer on the inputs, without those that are 0 in every row: dark corners, rare words."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Indices
from nnspec.backends.nonzero_columns import NonzeroColumns
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, joined
from nnspec.backends.numpy.fast.kernels.dense import PIECE, affine, bias_gradient, row_pieces
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.backends.numpy.huge_pages import empty

MANY = 7 / 8  # of all inputs: where more are in use, to pick them out costs what it saves


def dense_sparse_input(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy. Inputs have no gradient."""
    y = context.output()
    batch = _Batch(context, joined(x.values), joined(y.gradients))
    blocks = zip(context.blocks.spans, x.values, y.values, strict=True)
    forward = [partial(batch.forward, *block) for block in blocks]
    if not context.training:
        pick = partial(batch.pick, slice(0, len(batch.kernel)))
        alone = [run_in_order([batch.look, pick, batch.begin, task]) for task in forward]
        return Kernel(y, [alone])
    after = [batch.gradients(*piece) for piece in row_pieces(context, PIECE)]
    after += bias_gradient(context, batch.dy)
    return Kernel(y, [forward], after=after, expect=batch.expect, begin=batch.begin)


class _Choice(NamedTuple):
    """The inputs that a batch uses, and where their rows of W are copied to, if they are."""

    which: Array
    weights: Array
    picks: bool


class _Batch:
    """What a batch uses of x and of W: copies of some columns and of the same rows."""

    def __init__(self, context: BlockContext, x: Array, dy: Array) -> None:
        self.x, self.dy, self.kernel = x, dy, context.weight("kernel")
        self.bias = context.weight("bias") if context.has("bias") else None
        self.gradient = context.gradient("kernel")
        self.used: NonzeroColumns | None = None
        self.store, self.columns = empty((x.size,), x.dtype), x
        self.spare, weights = (empty(self.kernel.shape, x.dtype) for _ in range(2))
        self.now = _Choice(np.empty(0, np.intp), weights, picks=False)
        self.coming: deque[Array] = deque()

    def look(self) -> None:
        """Find what the rows at hand use: those that are predicted are seen once."""
        self.coming = deque([np.flatnonzero(np.logical_or.reduce(self.x != 0, axis=0))])

    def expect(self, inputs: Array, batches: Sequence[Indices]) -> None:
        """Find what each batch uses."""
        if self.used is None or inputs is not self.used.inputs:
            self.used = NonzeroColumns(inputs)
        self.coming = deque(map(self.used.of_batch, batches))

    def pick(self, rows: slice) -> None:
        """Of some rows of W, those that the next batch uses."""
        if self.coming and self._picks(self.coming[0]):
            span = _span(self.coming[0], rows)
            np.take(self.kernel, self.coming[0][span], 0, self.spare[span], "clip")

    def begin(self) -> None:
        """The next batch is the one at hand."""
        which, before = self.coming.popleft(), self.now
        self.now, self.spare = _Choice(which, self.spare, self._picks(which)), before.weights
        rows, count = len(self.x), len(which)
        picked = self.store[: rows * count].reshape(rows, count)
        self.columns = picked if self.now.picks else self.x

    def _picks(self, which: Array) -> bool:
        return len(which) <= MANY * len(self.kernel)

    def forward(self, span: slice, x: Array, y: Array) -> None:
        """A block of rows."""
        columns, (which, weights, picks) = self.columns[span], self.now
        if picks:
            np.take(x, which, 1, columns, "clip")
        affine(columns, y, weights[: len(which)] if picks else self.kernel, self.bias)

    def gradients(self, rows: slice, part: slice) -> Gradients:
        """What there is to do for some rows of W."""
        tasks = (partial(task, rows) for task in (self._differentiate, self._descend, self.pick))
        task, descent, renewal = tasks
        return Gradients(task, [part], descent, renewal)

    def _differentiate(self, rows: slice) -> None:
        """Some rows of dW: 0 for inputs out of use."""
        if not self.now.picks:
            np.matmul(self.x[:, rows].T, self.dy, out=self.gradient[rows])
            return
        self.gradient[rows] = 0
        self.gradient[self.now.which[_span(self.now.which, rows)]] = self._product(rows)

    def _descend(self, rows: slice) -> None:
        """The same, taken off the weights at once: those of inputs out of use stay untouched."""
        if not self.now.picks:
            self._differentiate(rows)
            np.subtract(self.kernel[rows], self.gradient[rows], out=self.kernel[rows])
            return
        span = _span(self.now.which, rows)
        weights = self.now.weights[span]
        np.subtract(weights, self._product(rows), out=weights)
        self.kernel[self.now.which[span]] = weights

    def _product(self, rows: slice) -> Array:
        """dW of what is in use, in scratch memory."""
        span = _span(self.now.which, rows)
        product = scratch((span.stop - span.start, self.dy.shape[1]), self.dy.dtype)
        return np.matmul(self.columns[:, span].T, self.dy, out=product)


def _span(which: Array, rows: slice) -> slice:
    """Where those of some rows of W that are in use lie among all in use."""
    return slice(*np.searchsorted(which, [rows.start, rows.stop]))
