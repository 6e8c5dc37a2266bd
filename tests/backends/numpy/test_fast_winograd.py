"""Winograd convolution."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.numpy.fast import dispatch
from nnspec.backends.numpy.fast.kernels import conv_winograd as conv_winograd_module
from nnspec.backends.numpy.fast.kernels.conv_winograd import conv_winograd
from nnspec.backends.numpy.fast.kernels.winograd_transforms import (
    MAX_TRAINING_ERROR,
    ROUNDING_ERRORS,
    AxisTiling,
    cheapest_tiling,
)
from tests.backends.numpy.fast_engine import SLOPE, assert_close, assert_engines_agree
from tests.backends.numpy.fast_layer_cases import LAYER_CASES, check_layers
from tests.networks import away_from_kinks, graph_of, program_of

WINOGRAD = [name for name in LAYER_CASES if name.startswith("3x3") or name == "cropped by pooling"]


@pytest.mark.parametrize("rows", [1, 7, 33])
@pytest.mark.parametrize("name", WINOGRAD)
def test_winograd_in_double_precision_agrees_with_the_reference(name, rows, monkeypatch):
    monkeypatch.setattr(dispatch, "_conv_kernel", lambda *_: conv_winograd)
    check_layers(name, rows)


@pytest.mark.parametrize("outputs", range(1, 40))
def test_tiles_cover_an_axis(outputs):
    assert min(axis.products for axis in AxisTiling.candidates(outputs)) <= 3 * outputs
    for axis in AxisTiling.candidates(outputs):
        assert axis.outputs >= outputs
        check_axis_tiling(axis)


def check_axis_tiling(axis):
    x, taps = np.random.default_rng(axis.tiles).normal(size=axis.inputs), np.array([0.5, -2.0, 3.0])
    of = axis.matrices(np.float64)
    tiles = of.inputs @ axis.tile_view(x[:, None])
    actual = (of.outputs @ (tiles * (of.taps @ taps)[:, None])).reshape(-1)
    assert_close(actual, np.correlate(x, taps, "valid"), "the outputs of all tiles")
    back = np.empty_like(x)[:, None]
    for step in axis.sum_tiles_tasks(of.inputs.T, tiles, back):
        step()
    expected = sum(
        np.pad(of.inputs.T @ tile[:, 0], (at * axis.m, (axis.tiles - 1 - at) * axis.m))
        for at, tile in enumerate(tiles)
    )
    assert_close(back[:, 0], expected, "the sum of all tiles")


@pytest.mark.parametrize("down", [2, 3, 4, 5])
@pytest.mark.parametrize("across", [2, 3, 4, 5])
def test_rounding_errors_of_tiles_are_as_tabulated(down, across):
    rng = np.random.default_rng(0)
    image = np.maximum(rng.normal(size=(100, down + 2, across + 2, 32)), 0).astype("f")
    kernel = rng.uniform(-0.1, 0.1, (3, 3, 32, 16)).astype("f")
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), (1, 2))
    columns, matrix = np.moveaxis(windows, 3, 5).reshape(-1, 9 * 32), kernel.reshape(9 * 32, 16)
    true = columns.astype("d") @ matrix.astype("d")
    matrices = [AxisTiling(m, 1).matrices("f") for m in (down, across)]
    tiles, taps = (
        np.einsum("ij,kl,tjlc->iktc", *of, values, optimize=["einsum_path", (0, 2), (0, 1)])
        for of, values in (
            ([axis_matrices.inputs for axis_matrices in matrices], image),
            ([axis_matrices.taps for axis_matrices in matrices], kernel.transpose(2, 0, 1, 3)),
        )
    )
    actual = np.einsum(
        "ij,kl,jltf->tikf", *(axis_matrices.outputs for axis_matrices in matrices), tiles @ taps,
        optimize=["einsum_path", (0, 2), (0, 1)],
    ).reshape(true.shape)  # fmt: skip
    ratio = np.linalg.norm(actual - true) / np.linalg.norm(columns @ matrix - true)
    assert ratio == pytest.approx(ROUNDING_ERRORS[down] * ROUNDING_ERRORS[across], rel=0.35)


def test_tilings_keep_to_the_bound_of_the_rounding_error():
    for outputs in range(1, 40):
        axes = cheapest_tiling((outputs, outputs), MAX_TRAINING_ERROR)
        assert ROUNDING_ERRORS[axes[0].m] * ROUNDING_ERRORS[axes[1].m] <= MAX_TRAINING_ERROR
        assert np.prod([axis.products for axis in axes]) <= (3 * outputs) ** 2


@pytest.mark.parametrize("strip_size", [1, 3000, 12000])
@pytest.mark.parametrize("padding", ["valid", "same", [[2, 0], [1, 3]], [[0, 4], [5, 0]]])
def test_predictions_strip_by_strip(padding, strip_size, monkeypatch):
    """Strips of one tile row, of several, and of all."""
    monkeypatch.setattr(dispatch, "_conv_kernel", lambda *_: conv_winograd)
    monkeypatch.setattr(conv_winograd_module, "STRIP_SIZE", strip_size)
    layers = [{"conv2d": {"filters": 5, "kernel_size": 3, "padding": padding}}] * 2
    graph, x = graph_of(layers, (23, 9, 4)), away_from_kinks((3, 23, 9, 4))
    fast, reference = (
        program_of(graph, backend=f"numpy:{name}").predict(x) for name in ("fast", "reference")
    )
    assert_close(fast, reference, "outputs")


RESIDUAL = {"residual": {"layers": [
    {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same"}}, "batch_normalization", "relu",
    {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same"}},
]}}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 7, 33])
def test_residual_blocks(rows, monkeypatch):
    monkeypatch.setattr(dispatch, "_conv_kernel", lambda *_: conv_winograd)
    layers = [SLOPE, RESIDUAL, "relu", RESIDUAL, "relu", "global_average_pooling2d", {"dense": 3}]
    assert_engines_agree(graph_of(layers, (9, 7, 4)), rows)
