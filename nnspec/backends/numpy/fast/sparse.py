"""The first dense layer, without the inputs that are 0 in every row: dark corners, rare words.

As long as weights and gradients are finite they take no part in y, and their weights' gradients are
0. In a batch of 128 digits that is a third of all pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.crew import Task
from nnspec.backends.numpy.fast.dense import affine, bias_gradient, by_pieces
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire, whole

MANY = 7 / 8  # of all inputs: where more are in use, to pick them out costs what it saves


def sparse(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy. Inputs have no gradient."""
    y = space.output()
    blocks = [_Block(space, *pair) for pair in zip(x.values, y.values, strict=True)]
    forward = [block.forward for block in blocks]
    return Kernel(y, [forward], after=_gradients(space, x, y, blocks) if space.training else [])


class _Block:
    """One block of rows, and which inputs it uses."""

    def __init__(self, space: Space, x: Array, y: Array) -> None:
        self.x, self.y, self.kernel = x, y, space.weight("kernel")
        self.bias = space.weight("bias") if space.has("bias") else None
        self.used = np.empty(len(self.kernel), bool)
        self.ones = np.ones(len(x), x.dtype)
        self.picked = _Picked(x)
        self.weights = np.empty_like(self.kernel)

    def forward(self) -> None:
        """Of x and W, only what is used."""
        np.not_equal(self.ones @ np.abs(self.x), 0, out=self.used)
        which = np.flatnonzero(self.used)
        if len(which) > MANY * len(self.used):
            affine(self.x, self.y, self.kernel, self.bias)
            return
        weights = np.take(self.kernel, which, 0, self.weights[: len(which)], "clip")
        affine(self.picked.columns(which), self.y, weights, self.bias)


class _Picked:
    """Some columns of a matrix, in memory that is kept."""

    def __init__(self, matrix: Array) -> None:
        self.matrix, self.memory = matrix, np.empty(matrix.size, matrix.dtype)

    def columns(self, which: Array) -> Array:
        """A copy of them."""
        rows = len(self.matrix)
        out = self.memory[: rows * len(which)].reshape(rows, len(which))
        return np.take(self.matrix, which, 1, out, "clip")


def _gradients(space: Space, x: Wire, y: Wire, blocks: Sequence[_Block]) -> list[Gradients]:
    gradient, rows, dy = space.gradient("kernel"), whole(x.values), whole(y.gradients)

    def task(part: slice) -> Task:
        used = [block.used[part] for block in blocks]
        return _Piece(rows[:, part], dy, gradient[part], used).run

    return [*by_pieces(space, task), *bias_gradient(space, dy)]


class _Piece:
    """Some rows of dW."""

    def __init__(self, x: Array, dy: Array, gradient: Array, used: Sequence[Array]) -> None:
        self.x, self.dy, self.gradient, self.used = x, dy, gradient, used
        self.picked, self.found = _Picked(x), np.empty_like(gradient)

    def run(self) -> None:
        """Those of used inputs; 0 for all others."""
        which = np.flatnonzero(np.logical_or.reduce(self.used))
        if len(which) > MANY * len(self.gradient):
            np.matmul(self.x.T, self.dy, out=self.gradient)
            return
        found = self.found[: len(which)]
        np.matmul(self.picked.columns(which).T, self.dy, out=found)
        self.gradient.fill(0)
        self.gradient[which] = found
