"""Freed memory stays in the process, as counted by minor page faults."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource
from nnspec.backends.allocator import keep_freed_memory

keep_freed_memory()
c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

def touch(size):
    block = c.malloc(ctypes.c_size_t(size))
    ctypes.memset(block, 1, size)
    c.free(block)

touch(20 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    touch(20 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 10 * (20 << 20) // 4096
GLIBC = "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", ())
pytestmark = pytest.mark.skipif(not GLIBC, reason="the thresholds are glibc's")


def page_faults(**environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


def test_a_freed_block_is_reused():
    assert page_faults() < PAGES / 10


def test_thresholds_set_by_the_environment_are_kept():
    environment = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "1048576"}
    assert page_faults(**environment) > PAGES / 10
