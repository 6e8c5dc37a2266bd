"""Buffers side by side in large pieces of memory, which the system lays out in large pages.

For arrays from 4 MB on NumPy asks Linux for pages of 2 MB instead of 4 KB. A network has many
smaller buffers; on small pages it spends a twentieth of a step on finding out where they lie.
"""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.options.types import Shape

PAGE, PIECE, LINE = 1 << 21, 1 << 24, 64  # bytes: of a large page, of a piece, of a cache line


class _Rest(threading.local):
    """What is left of the piece that this thread took last."""

    memory = np.empty(0, np.uint8)


_rest = _Rest()


def empty(shape: Shape, dtype: Any) -> Array:
    """An uninitialised array, which begins where a line of the cache does."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > PIECE // 4:
        return np.empty(shape, dtype)
    lines = -(-size // LINE) * LINE
    if lines > len(_rest.memory):
        _rest.memory = _piece()
    taken, _rest.memory = _rest.memory[:size], _rest.memory[lines:]
    return taken.view(dtype).reshape(shape)


def zeros(shape: Shape, dtype: Any) -> Array:
    """An array of zeros."""
    made = empty(shape, dtype)
    made.fill(0)
    return made


def _piece() -> Array:
    memory = np.empty(PIECE + PAGE, np.uint8)
    return memory[-memory.ctypes.data % PAGE :][:PIECE]
