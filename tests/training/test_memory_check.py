"""The memory estimate, its errors, and the memory limit on Linux."""

import sys

import numpy as np
import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.training import memory_check
from tests.small_runs import mnist, rows, spec, trained


def test_too_large_weights_are_refused_at_their_layer(tmp_path):
    network = {"layers": [{"dense": 4}, {"dense": 2_000_000_000}, {"dense": 1}]}
    with pytest.raises(SpecError, match=r"training needs .*B of memory at least") as caught:
        trained(rows(network=network), tmp_path)
    assert caught.value.problems[0].hint == "dense_1 needs most, 120 GB"
    assert list(tmp_path.iterdir()) == []


def test_too_large_batches_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(memory_check, "machine_memory", lambda: 300_000.0)
    trained(mnist(train={"batch_size": 10}), tmp_path)
    layers = [
        {"dense": 1000},
        {"dense": {"units": 1}},
        {"dense": {"units": 10, "activation": "softmax"}},
    ]
    monkeypatch.setattr(memory_check, "machine_memory", lambda: 16_500_000.0)
    trained(mnist(network={"layers": layers}, train={"batch_size": 10}), tmp_path)
    monkeypatch.setattr(memory_check, "machine_memory", lambda: 9_000_000.0)
    with pytest.raises(SpecError, match="training needs"):
        trained(mnist(network={"layers": layers}, train={"batch_size": "all"}), tmp_path)


def test_this_machine_has_memory():
    assert memory_check.machine_memory() > 10**8


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 bytes"), (1234, "1.23 kB"), (5e10, "50 GB"), (1e30, "1e+12 EB")]
)
def test_format_bytes(count, text):
    assert memory_check.format_bytes(count) == text


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has this limit")
def test_beyond_the_limit_numpy_raises(monkeypatch):
    monkeypatch.setattr(memory_check, "_available_memory", lambda: 500_000_000)
    with memory_check.limit_memory():
        np.ones(1000)
        with pytest.raises(MemoryError):
            np.empty(1_000_000_000)  # 8 GB: more than a process keeps of what it has freed
    assert np.ones(100_000_000)[-1] == 1


def test_shared_weights_count_once():
    shared = {"shared": {"layer": "one", "inputs": "b"}}
    layers = [{"dense": {"name": "one", "inputs": "a", "units": 10}}, shared]
    inputs = {"a": {"shape": [5]}, "b": {"shape": [5]}}
    outputs = {"x": "one", "y": "shared"}
    graph = compile_spec(
        spec({"network": {"inputs": inputs, "layers": layers, "outputs": outputs}})
    )
    sizes = {node.name: size for size, node in memory_check._node_sizes(graph, copies=3, rows=2)}
    assert sizes == {"one": 3 * (5 * 10 + 10) + 2 * 10, "shared": 2 * 10}
