"""Which inputs a batch uses: those that are not 0 in every row."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array, Indices

ROWS = 1024  # compared with 0 at a time


class Used:
    """Looks at inputs once, and keeps a bit for each number; they are not to change afterwards."""

    def __init__(self) -> None:
        self.inputs: Array | None = None
        self.bits = np.empty((0, 0), np.uint8)

    def by(self, inputs: Array, batch: Indices) -> Array:
        """The inputs' places in a row, in order, whatever the shape of a row."""
        if inputs is not self.inputs:
            self.inputs, self.bits = inputs, _bits(inputs.reshape(len(inputs), -1))
        seen = np.bitwise_or.reduce(self.bits[batch], axis=0)
        return np.flatnonzero(np.unpackbits(seen))


def _bits(rows: Array) -> Array:
    portions = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
    return np.concatenate([np.packbits(portion != 0, axis=1) for portion in portions])
