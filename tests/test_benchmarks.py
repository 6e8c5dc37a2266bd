"""The benchmarks: equal networks in all frameworks, processes, statistics and tables."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pytest

from benchmarks import bounds, prediction_memory, report
from benchmarks.implementations import IMPLEMENTATIONS, all_implementations
from benchmarks.measured_process import Case, MeasuredProcess, environment
from benchmarks.networks import NETWORKS
from benchmarks.results import Section
from benchmarks.statistics import Spread, ratio
from nnspec.backends.discovery import build_program, find
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.randomness import initial_weights

pytestmark = pytest.mark.framework

NUMPY = IMPLEMENTATIONS[0]
MLP = Case("mlp", 128, "train", "MLP")


@pytest.fixture(params=NETWORKS)
def network(request):
    """A network's name, graph, weights, some rows, and nnspec's predictions for them."""
    graph = compile_spec(NETWORKS[request.param]())
    weights = initial_weights.initial_weights(graph, 0)
    program = build_program(graph, None, ComputeConfig())
    program.set_weights(weights)
    x = np.random.default_rng(0).random((4, *graph.input_shape), np.float32)
    return request.param, graph, weights, x, program.predict(x)


def in_torch(name, value, before):
    """A weight in PyTorch's layout; `before` is the input shape of a preceding Flatten, if any."""
    if value.ndim > 2:  # (*sizes, in, filters), or (*sizes, in, 1)
        return np.moveaxis(value, (-2, -1) if "depthwise" in name else (-1, -2), (0, 1))
    if value.ndim == 2 and before:
        height, width, channels = before
        rows = value.reshape(height, width, channels, -1).transpose(2, 0, 1, 3)
        return rows.reshape(value.shape).T
    return value.T


def test_pytorch_by_hand_is_the_same_network(network, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)  # the setting is global
    from benchmarks.peers import torch_eager

    name, graph, weights, x, expected = network
    peer = torch_eager.Peer(name, 4, "")
    flattened = next((node.input_shapes[0] for node in graph.nodes if node.kind == "flatten"), None)
    trained = [(name, weights[name]) for name, weight in graph.weights() if weight.trainable]
    with torch.no_grad():
        for parameter, (weight, value) in zip(peer.model.parameters(), trained, strict=True):
            after_flatten = flattened and value.ndim == 2 and len(value) == np.prod(flattened)
            laid_out = in_torch(weight, value, flattened if after_flatten else None)
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(laid_out)))
    peer.load_inputs(x)
    np.testing.assert_allclose(peer.predict().numpy(), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("network", ["mlp", "cnn"], indirect=True)
def test_keras_by_hand_is_the_same_network(network):
    pytest.importorskip("tensorflow")
    name, _, weights, x, expected = network
    find("keras:tensorflow")  # imports Keras on this engine
    from benchmarks.peers import keras_fit

    peer = keras_fit.Peer(name, 4, "")
    peer.model.set_weights(list(weights.values()))
    peer.load_inputs(x)
    np.testing.assert_allclose(peer.predict(), expected, rtol=1e-3, atol=1e-5)


def test_a_process_returns_times_and_its_peak_memory(tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.random((256, 784), np.float32))
    np.save(tmp_path / "y.npy", random.integers(0, 10, 256))
    with MeasuredProcess(NUMPY, MLP, tmp_path) as process:
        assert 0 < process.request("train", 2) < 60
        assert process.request("peak") > 256 * 784 * 4
        with pytest.raises(SystemExit, match=r"(?s)NumPy stopped.*shown\.npy"):
            process.request("predict", 1)


def test_spread_is_the_median_between_the_quartiles():
    assert Spread.of([5.0, 1.0, 3.0, 2.0, 4.0]) == (2, 3, 4)
    assert Spread.of([7.0]) == (7, 7, 7)


def test_a_ratio_is_taken_within_each_round():
    times = {"numpy": [1.0, 10.0, 2.0], "eager": [2.0, 20.0, 6.0]}
    assert ratio(times, "eager", "numpy") == (2, 2, 2.5)


def test_numpy_runs_with_and_without_a_coretype(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    default, forced = (environment(one) for one in all_implementations()[:2])
    assert "OPENBLAS_CORETYPE" not in default
    assert forced["OPENBLAS_CORETYPE"] == "Zen"
    assert default["OPENBLAS_NUM_THREADS"] == forced["OPENBLAS_NUM_THREADS"] == "1"


def test_the_products_of_a_step_are_those_of_its_layers():
    first, second = 128 * 784 * 512, 128 * 512 * 10
    assert sum(product.flops for product in bounds.products("mlp")) == 2 * (2 * first + 3 * second)
    shapes = {product.what: product[1:4] for product in bounds.products("cnn")}
    assert shapes["conv2d_1 forward"] == (64 * 11 * 11, 9 * 32, 64)


def test_a_product_is_computed_from_operands_laid_out_as_in_a_step():
    for product in bounds.products("mlp"):
        assert bounds.multiplication(product)().shape == (product.rows, product.columns)


def test_the_table_has_times_and_ratios():
    section = Section("A step", "s", {"numpy": [0.002] * 3, "eager": [0.006] * 3}, {}, [0, 1])
    text = "\n".join(report.lines("mlp", section, None))
    assert "| PyTorch, indexed tensors | 6 | 6 to 6 | 3.00 | 3.00 to 3.00 |" in text


def test_the_memory_of_large_images_is_measured_in_a_process_of_its_own():
    arguments = Namespace(rows=3, size=32, repeats=1)
    peak, elapsed = prediction_memory.in_process("nnspec", arguments)
    assert peak > 1 << 20
    assert elapsed > 0
