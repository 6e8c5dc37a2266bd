"""glibc malloc thresholds that keep freed memory in the process between training steps.

PyTorch and TensorFlow allocate the result of each CPU operation with malloc and free it after its
last use. glibc returns large blocks, and those at the end of the heap, to the system at once,
which then has to clear new pages in every step: for a convolutional network as much work as the
step itself.
"""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_TRIM_BYTES = 1 << 30  # free memory at the end of the heap that is kept
_MMAP_BYTES = 1 << 25  # the largest block that glibc allows on the heap
_USER_SETTINGS = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")


def keep_freed_memory() -> None:
    """Make glibc keep up to a gigabyte of freed memory for the next step.

    Does nothing with another C library, or where the environment sets glibc's thresholds.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _USER_SETTINGS):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_TRIM_THRESHOLD, _TRIM_BYTES)
        mallopt(_MMAP_THRESHOLD, _MMAP_BYTES)
