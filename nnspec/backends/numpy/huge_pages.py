"""An allocator that packs small arrays into chunks of memory backed by huge pages.

NumPy asks Linux for pages of 2 MB instead of 4 KB only for arrays of at least 4 MB. A network has
many smaller buffers; on small pages, address translation (TLB misses) takes 5 % of a step.
"""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.options.types import Shape

HUGE_PAGE, CHUNK, CACHE_LINE = 1 << 21, 1 << 24, 64  # bytes


class _FreeMemory(threading.local):
    """The unused end of this thread's current chunk."""

    memory = np.empty(0, np.uint8)


_free = _FreeMemory()


def empty(shape: Shape, dtype: Any) -> Array:
    """An uninitialised array, aligned to a cache line."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > CHUNK // 4:
        return np.empty(shape, dtype)
    padded_size = -(-size // CACHE_LINE) * CACHE_LINE
    if padded_size > len(_free.memory):
        _free.memory = _new_chunk()
    buffer, _free.memory = _free.memory[:size], _free.memory[padded_size:]
    return buffer.view(dtype).reshape(shape)


def zeros(shape: Shape, dtype: Any) -> Array:
    """An array of zeros; of a large one, the system provides no memory before it is written."""
    if prod(shape) * np.dtype(dtype).itemsize > CHUNK // 4:
        return np.zeros(shape, dtype)
    array = empty(shape, dtype)
    array.fill(0)
    return array


def _new_chunk() -> Array:
    memory = np.empty(CHUNK + HUGE_PAGE, np.uint8)
    return memory[-memory.ctypes.data % HUGE_PAGE :][:CHUNK]
