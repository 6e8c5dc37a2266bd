"""A dense layer on the inputs, without those that are 0 in every row: dark corners, rare words."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.base import Array, Indices
from nnspec.backends.numpy.fast.dense import affine, bias_gradient, row_pieces
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel, in_order
from nnspec.backends.numpy.fast.wires import Space, Wire, whole
from nnspec.backends.numpy.pages import empty
from nnspec.backends.used import Used

MANY = 7 / 8  # of all inputs: where more are in use, to pick them out costs what it saves


def sparse(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy. Inputs have no gradient."""
    y = space.output()
    batch = _Batch(space, whole(x.values), whole(y.gradients))
    blocks = zip(space.blocks.spans, x.values, y.values, strict=True)
    forward = [partial(batch.forward, *block) for block in blocks]
    if not space.training:
        pick = partial(batch.pick, slice(0, len(batch.kernel)))
        return Kernel(y, [[in_order([pick, task]) for task in forward]], fed=batch.follow)
    parts = row_pieces(space)
    before = [partial(batch.pick, rows) for rows, _ in parts]
    after = [
        Gradients(partial(batch.differentiate, rows), [part], partial(batch.descend, rows))
        for rows, part in parts
    ]
    after += bias_gradient(space, batch.dy)
    return Kernel(y, [forward], before=before, after=after, fed=batch.follow)


class _Batch:
    """What a batch uses of x and of W: copies of some columns and of the same rows."""

    def __init__(self, space: Space, x: Array, dy: Array) -> None:
        self.x, self.dy, self.kernel = x, dy, space.weight("kernel")
        self.bias = space.weight("bias") if space.has("bias") else None
        self.gradient = space.gradient("kernel")
        self.used: Used | None = None
        self.which = np.empty(0, np.intp)
        self.memory, self.columns = empty((x.size,), x.dtype), x
        self.weights, self.found = (empty(self.kernel.shape, x.dtype) for _ in range(2))
        self.picks = False

    def follow(self, inputs: Array, batch: Indices) -> None:
        """Find what the batch uses."""
        if self.used is None or inputs is not self.used.inputs:
            self.used = Used(inputs)
        self.which = self.used.by(batch)
        count, rows = len(self.which), len(self.x)
        self.picks = count <= MANY * len(self.kernel)
        picked = self.memory[: rows * count].reshape(rows, count)
        self.columns = picked if self.picks else self.x

    def pick(self, rows: slice) -> None:
        """Of some rows of W, those in use."""
        if self.picks:
            span = self._span(rows)
            np.take(self.kernel, self.which[span], 0, self.weights[span], "clip")

    def forward(self, span: slice, x: Array, y: Array) -> None:
        """A block of rows."""
        columns, weights = self.columns[span], self.kernel
        if self.picks:
            np.take(x, self.which, 1, columns, "clip")
            weights = self.weights[: len(self.which)]
        affine(columns, y, weights, self.bias)

    def differentiate(self, rows: slice) -> None:
        """Some rows of dW: 0 for inputs out of use."""
        if not self.picks:
            np.matmul(self.x[:, rows].T, self.dy, out=self.gradient[rows])
            return
        self.gradient[rows] = 0
        self.gradient[self.which[self._span(rows)]] = self._product(rows)

    def descend(self, rows: slice) -> None:
        """The same, taken off the weights at once: those of inputs out of use stay untouched."""
        if not self.picks:
            self.differentiate(rows)
            np.subtract(self.kernel[rows], self.gradient[rows], out=self.kernel[rows])
            return
        span = self._span(rows)
        weights = self.weights[span]
        np.subtract(weights, self._product(rows), out=weights)
        self.kernel[self.which[span]] = weights

    def _product(self, rows: slice) -> Array:
        """dW of what is in use."""
        span = self._span(rows)
        return np.matmul(self.columns[:, span].T, self.dy, out=self.found[span])

    def _span(self, rows: slice) -> slice:
        """Where those of some rows of W that are in use lie among all in use."""
        return slice(*np.searchsorted(self.which, [rows.start, rows.stop]))
