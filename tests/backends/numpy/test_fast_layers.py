"""Layers and their geometry on the fast engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance
from nnspec.backends.numpy.fast.kernels import conv_max_pool
from nnspec.randomness import initial_weights
from tests.backends.numpy.fast_engine import ENGINES, SLOPE, assert_engines_agree, conv_and_pool
from tests.backends.numpy.fast_layer_cases import LAYER_CASES, check_layers
from tests.networks import away_from_kinks, graph_of, program_of, setup


@pytest.mark.parametrize("rows", [1, 2, 7, 33])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_geometry(name, rows):
    check_layers(name, rows)


@pytest.mark.parametrize("case", conformance.cases(), ids=str)
def test_conformance(case):
    conformance.check(case, "numpy:fast")


FUSED: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "a digit": (conv_and_pool(2), (9, 12, 1)),
    "colours": (conv_and_pool(2, padding="same"), (8, 8, 3)),
    "strided": (conv_and_pool(2, strides=[2, 1], kernel_size=[4, 3]), (13, 9, 2)),
    "dilated": (conv_and_pool([2, 3], dilation_rate=[2, 3]), (14, 15, 2)),
    "pooling with gaps": (conv_and_pool({"pool_size": [2, 1], "strides": [3, 2]}), (12, 9, 1)),
    "asymmetric": (conv_and_pool(3, padding=[[2, 0], [1, 3]], use_bias=False), (10, 9, 1)),
    "pool size 1": (conv_and_pool(1), (5, 6, 2)),
}


@pytest.mark.parametrize("strip_size", [1, 300, 1 << 18])
@pytest.mark.parametrize("rows", [1, 33])
@pytest.mark.parametrize("name", FUSED)
def test_fused_convolution_and_pooling(name, rows, strip_size, monkeypatch):
    layers, shape = FUSED[name]
    calls: list[Any] = []
    monkeypatch.setattr(conv_max_pool, "STRIP_SIZE", strip_size)
    kernel = conv_max_pool.conv_max_pool
    monkeypatch.setattr(conv_max_pool, "conv_max_pool", lambda *of: calls.append(1) or kernel(*of))
    assert_engines_agree(graph_of(layers, shape), rows)
    assert calls


NOT_FUSED: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "weights before": ([SLOPE, *conv_and_pool(2)], (8, 8, 2)),
    "overlapping": (conv_and_pool({"pool_size": 3, "strides": 2}), (9, 9, 1)),
    "padded pooling": (conv_and_pool({"pool_size": 2, "padding": "same"}), (9, 9, 1)),
    "wide pooling": (conv_and_pool(5), (12, 12, 1)),
    "many channels": (conv_and_pool(2), (8, 8, 8)),
}


@pytest.mark.parametrize("name", NOT_FUSED)
def test_convolution_and_pooling_that_are_not_fused(name, monkeypatch):
    layers, shape = NOT_FUSED[name]
    monkeypatch.setattr(conv_max_pool, "conv_max_pool", None)  # calling it would fail
    assert_engines_agree(graph_of(layers, shape), 3)


def test_a_zero_background_passes_no_gradient():
    """Windows of zeros give exactly 0 in float32: with biases of 0, ReLU passes no gradient."""
    convolution = {"conv2d": {"filters": 16, "kernel_size": 3, "activation": "relu"}}
    layers = [convolution, {"max_pooling2d": 2}, convolution, {"max_pooling2d": 2}]
    graph = graph_of([*layers, "flatten", {"dense": 3}], (26, 26, 8))
    x = np.zeros((40, *graph.input_shape), np.float32)
    x[:, 9:15, 8:13] = away_from_kinks((40, 6, 5, 8), seed=0)
    y, of = np.random.default_rng(1).normal(size=(40, 3)), setup("mean_squared_error")
    fast, reference = (
        program_of(graph, of, name, precision) for name, precision in
        (("numpy:fast", "float32"), ("numpy:reference", "float64"))
    )  # fmt: skip
    weights = {
        name: np.zeros_like(values) if "bias" in name else values
        for name, values in initial_weights.initial_weights(graph, 0).items()
    }
    actual = []
    for program in (fast, reference):
        program.set_weights(weights)
        actual.append(program.gradients(program.upload(x, y), np.arange(40)))
    for name, expected in actual[1].items():
        error = np.abs(actual[0][name] - expected).max() / np.abs(expected).max()
        assert error < 1e-5, name


def test_rows_that_fill_several_blocks_of_vectors():
    assert_engines_agree(
        graph_of([{"dense": {"units": 9, "activation": "relu"}}, {"dense": 3}], (6,)), 150
    )


def test_zero_inputs_before_noise_are_not_skipped():
    layers = [{"gaussian_noise": 0.5}, {"dense": {"units": 4, "activation": "tanh"}}, {"dense": 3}]
    assert_engines_agree(graph_of(layers, (12,)), 70, zero_inputs=range(12))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tie_goes_to_the_first_place(engine):
    program = program_of(graph_of([SLOPE, {"max_pooling2d": 2}], (4, 4, 1)), backend=engine)
    program.set_weights({"prelu/alpha": np.full((4, 4, 1), 0.5)})
    device_rows = program.upload(-np.ones((9, 4, 4, 1)), np.zeros((9, 2, 2, 1)))
    slope = program.gradients(device_rows, np.arange(9))["prelu/alpha"][..., 0]
    expected = np.zeros((4, 4))
    expected[::2, ::2] = 0.25  # the loss is the mean of (alpha x)^2 over four windows
    np.testing.assert_allclose(slope, expected, rtol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_slope_at_a_kink_is_that_of_the_lower_branch(engine):
    graph = graph_of([{"dense": 3}, "relu"], (2,))
    program = program_of(graph, backend=engine)
    zeros = {name: np.zeros(weight.shape) for name, weight in graph.weights()}
    program.set_weights(zeros)
    gradients = program.gradients(program.upload(np.ones((4, 2)), np.ones((4, 3))), np.arange(4))
    assert not any(gradient.any() for gradient in gradients.values())
