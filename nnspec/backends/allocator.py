"""Freed memory that stays with the process, for libraries that allocate every result anew.

PyTorch and TensorFlow take the result of each operation on a CPU from the C library and give it
back when it is used up. What is large, or at the end of the heap, glibc returns to the system at
once, which then clears the same pages again for every step: for a convolutional network as much
work as the step itself.
"""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_KEPT_BYTES = 1 << 30  # free at the end of the heap
_HEAP_BYTES = 1 << 25  # the largest block that glibc lets come from the heap
_CHOSEN = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")


def keep_freed_memory() -> None:
    """Let glibc keep up to a gigabyte of freed blocks for the next step.

    Nothing is done where another C library is in use or the environment has set glibc's own
    thresholds.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _CHOSEN):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _HEAP_BYTES)
