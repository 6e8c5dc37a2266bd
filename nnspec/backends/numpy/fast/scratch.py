"""Scratch arrays: buffers that a thread uses again, so that they stay in its processor's cache."""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.huge_pages import empty
from nnspec.options.types import Shape


class _ThreadMemory(threading.local):
    """The scratch buffers of the current thread, by number."""

    def __init__(self) -> None:
        self.buffers: dict[int, Array] = {}


_thread_memory = _ThreadMemory()


def scratch(shape: Shape, dtype: Any, number: int = 0) -> Array:
    """An uninitialised array, valid until the same thread's next call with this number."""
    size, buffers = prod(shape) * np.dtype(dtype).itemsize, _thread_memory.buffers
    if number not in buffers or size > len(buffers[number]):
        buffers[number] = empty((size,), np.uint8)
    return buffers[number][:size].view(dtype).reshape(shape)
