"""Memory of predictions: buffers are reused along the graph, and never while they are needed."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.memory import KeptMemory, ReusedMemory
from nnspec.backends.numpy.fast.weight_caches import WeightCaches
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph
from tests.networks import away_from_kinks, graph_of, program_of

ROWS = 4


def network_memory(graph: Graph) -> int:
    """Bytes of the buffers of a block network of float32."""
    dtype, memory = np.dtype(np.float32), ReusedMemory()
    store = ParameterStore(graph, dtype, seed=0)
    Executor(graph, store, Blocks([slice(0, ROWS)], dtype, memory), WeightCaches())
    return memory.size


def image_bytes(*shape: int) -> int:
    return 4 * ROWS * prod(shape)


def convolutions(count: int) -> list[Any]:
    options = {"filters": 8, "kernel_size": 1, "activation": "relu"}
    return [{"conv2d": options}] * count


def test_memory_does_not_grow_with_the_depth():
    shape = (128, 128, 8)
    few, many = (network_memory(graph_of(convolutions(n), shape)) for n in (3, 30))
    assert many == few
    assert many < 5 * image_bytes(*shape)  # input, output, and the columns of a convolution


def test_a_value_that_is_read_again_is_kept_until_then():
    """A residual block holds one image more than a chain: its shortcut."""
    shape = (64, 64, 8)
    residual = {"residual": {"layers": convolutions(3)}}
    chain, block = (network_memory(graph_of(of, shape)) for of in (convolutions(9), [residual] * 3))
    assert 0 <= block - chain <= image_bytes(*shape) + (1 << 20)


@pytest.mark.parametrize("merge", ["add", "multiply", "concatenate", "average"])
def test_no_value_is_overwritten_while_it_is_needed(merge):
    """Every layer that may compute in place, beside a path that reads the same value later."""
    in_place = [
        "relu",
        "tanh",
        "sigmoid",
        "silu",
        "batch_normalization",
        {"layer_normalization": {}},
    ]
    block = {"residual": {"layers": in_place, "merge": merge}}
    graph = graph_of(
        [{"conv2d": {"filters": 3, "kernel_size": 1}}, block, block, "global_average_pooling2d"],
        (5, 4, 2),
    )
    x = away_from_kinks((40, 5, 4, 2))
    fast, reference = (
        program_of(graph, backend=f"numpy:{name}").predict(x) for name in ("fast", "reference")
    )
    np.testing.assert_allclose(fast, reference, rtol=0, atol=1e-12)


def test_released_memory_is_used_again_and_live_memory_is_not():
    memory = ReusedMemory()
    a, b = memory.empty((1000,), np.float64), memory.empty((1 << 20,), np.float64)
    size = memory.size
    memory.release_all_but([b[7:]])  # a view keeps the whole
    again = memory.empty((1000,), np.float64)
    assert np.shares_memory(a, again)
    assert not np.shares_memory(b, memory.empty((1 << 19,), np.float64))
    memory.release_all_but([])
    whole = memory.empty((1 << 20,), np.float64)
    assert memory.size >= size
    assert np.shares_memory(whole, b)


def test_neighbours_that_are_released_join():
    memory = ReusedMemory()
    parts = [memory.empty((1 << 15,), np.float64) for _ in range(4)]  # a region of 1 MB
    size = memory.size
    memory.release_all_but([parts[0]])
    memory.empty((3 << 15,), np.float64)
    assert memory.size == size


@pytest.mark.parametrize("memory", [ReusedMemory(), KeptMemory()], ids=["reused", "kept"])
def test_arrays_that_are_alive_together_are_apart(memory):
    arrays = [memory.empty((size,), np.float32) for size in (0, 1, 17, 5000, 1 << 19)]
    for number, array in enumerate(arrays):
        array.fill(number)
    for number, array in enumerate(arrays):
        assert (array == number).all()


def test_memory_that_was_temporary_is_used_again():
    memory = ReusedMemory()
    kept = memory.empty((100,), np.float64)
    with memory.temporary(0):
        first = memory.empty((100,), np.float64)
    second = memory.empty((100,), np.float64)
    assert np.shares_memory(first, second)
    assert not np.shares_memory(kept, second)


def test_temporary_arrays_of_one_block_share_memory_and_those_of_two_do_not():
    memory = KeptMemory()
    kept = memory.empty((100,), np.float64)
    with memory.temporary(0):
        first, beside = (memory.empty((100,), np.float64) for _ in range(2))
    with memory.temporary(0):
        later = memory.empty((100,), np.float64)
    with memory.temporary(1):
        other = memory.empty((100,), np.float64)
    after = memory.empty((100,), np.float64)
    assert np.shares_memory(first, later)
    assert not any(np.shares_memory(first, one) for one in (beside, kept, other, after))
