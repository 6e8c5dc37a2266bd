"""The way forward of a convolution by columns that nobody needs afterwards: strip by strip."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.columns import affine
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.wires import Space
from nnspec.backends.numpy.windows import Windows

STRIP = 1 << 17  # numbers that a strip's columns have, about: they stay in cache


class Strips:
    """Of one block: the columns of a few rows of the output at a time, in the same memory."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array) -> None:
        self.space, self.frame, self.windows, self.y = space, frame, windows, y
        height, width, rows, _ = y.shape
        self.inputs = space.weight("kernel")[..., 0].size
        size = self.inputs + space.has("bias")
        self.step = max(1, min(height, STRIP // (width * rows * size)))
        self.memory = np.empty((self.step, width, rows, size), y.dtype)
        self.memory[..., self.inputs :] = 1

    def forward(self) -> None:
        """Gather, and multiply."""
        seen, kernel = self.windows.unrolled(self.frame.padded()), affine(self.space)
        for start in range(0, len(self.y), self.step):
            y = self.y[start : start + self.step]
            columns = self.memory[: len(y)]
            values = columns[..., : self.inputs].reshape(*y.shape[:3], *seen.shape[3:])
            np.copyto(values, seen[start : start + self.step])
            matrix = columns.reshape(-1, columns.shape[-1])
            np.matmul(matrix, kernel, out=y.reshape(-1, y.shape[-1]))
