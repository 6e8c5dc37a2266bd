"""The allocator of packed buffers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nnspec.backends.numpy import huge_pages
from nnspec.backends.numpy.huge_pages import CACHE_LINE, CHUNK, empty, zeros

SHAPES = [(), (0,), (3, 0, 2), (1,), (7, 5), (129,), (64, 3, 11), (100_000,)]


@pytest.mark.parametrize("dtype", [bool, np.float32, np.float64])
def test_arrays_do_not_overlap(dtype):
    arrays = [empty(shape, dtype) for shape in SHAPES * 20]
    for number, array in enumerate(arrays):
        array[...] = number % 2 if dtype is bool else number
    for number, array in enumerate(arrays):
        assert array.dtype == dtype
        assert array.shape == SHAPES[number % len(SHAPES)]
        assert array.flags.c_contiguous
        assert (array == (number % 2 if dtype is bool else number)).all()


def test_a_buffer_is_aligned_to_a_cache_line():
    for shape in SHAPES:
        array = empty(shape, np.float32)
        assert array.size == 0 or array.ctypes.data % CACHE_LINE == 0


def test_zeros_clears_reused_memory():
    empty((1000,), np.float32)[:] = 1
    huge_pages._free.memory[:] = 255
    assert not zeros((50, 7), np.float64).any()


def test_small_buffers_share_a_chunk_and_large_ones_do_not():
    small, other = (empty((10,), np.float32) for _ in range(2))
    large = empty((CHUNK // 4 + 1,), np.uint8)
    assert large.base is None
    assert small.base is other.base or other.base is huge_pages._free.memory.base


def test_each_thread_allocates_from_its_own_chunk():
    def fills_arrays(number: int) -> bool:
        arrays = [empty((number + 1, 100), np.int64) for _ in range(200)]
        for array in arrays:
            array[...] = number
        return all((array == number).all() for array in arrays)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(fills_arrays, range(16)))
