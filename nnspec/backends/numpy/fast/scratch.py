"""Memory of a thread's own, for what a task needs only while it runs: it stays in its cache."""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.huge_pages import empty
from nnspec.options.types import Shape


class _Own(threading.local):
    """What this thread has had so far."""

    memory = np.empty(0, np.uint8)


_own = _Own()


def scratch(shape: Shape, dtype: Any) -> Array:
    """An uninitialised array, until this thread asks for the next."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > len(_own.memory):
        _own.memory = empty((size,), np.uint8)
    return _own.memory[:size].view(dtype).reshape(shape)
