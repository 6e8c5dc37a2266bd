"""Scratch arrays, one reused buffer per thread, so that it stays in that processor's cache."""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.huge_pages import empty
from nnspec.options.types import Shape


class _ThreadMemory(threading.local):
    """The scratch buffer of the current thread."""

    memory = np.empty(0, np.uint8)


_thread_memory = _ThreadMemory()


def scratch(shape: Shape, dtype: Any) -> Array:
    """An uninitialised array, valid until the same thread's next call."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > len(_thread_memory.memory):
        _thread_memory.memory = empty((size,), np.uint8)
    return _thread_memory.memory[:size].view(dtype).reshape(shape)
