"""The fast engine of the NumPy backend against the reference engine, in float64."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance, contract, discovery
from nnspec.backends.contract import Array, Program
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast import dispatch, training_step
from nnspec.backends.numpy.fast.cpu_threads import single_threaded_blas
from nnspec.backends.numpy.fast.engine import FastEngine
from nnspec.backends.numpy.fast.kernels import conv_max_pool
from nnspec.backends.numpy.fast.kernels.conv_winograd import conv_winograd
from nnspec.backends.numpy.fast.kernels.dense_large import dense_large
from nnspec.backends.numpy.fast.kernels.winograd_transforms import (
    MAX_TRAINING_ERROR,
    ROUNDING_ERRORS,
    AxisTiling,
    cheapest_tiling,
)
from nnspec.backends.numpy.fast.threads import Stage, thread_pool
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.randomness import initial_weights
from tests.networks import away_from_kinks, graph_of, program_of, setup

TOLERANCE = 1e-12  # relative to the largest value
ENGINES = ("numpy:fast", "numpy:reference")


def assert_close(actual: Any, expected: Any, message: str) -> None:
    scale = max(float(np.abs(expected).max(initial=0)), 1.0)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE * scale, err_msg=message)


MOMENTUM = {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}
OPTIMIZERS = [case for case in conformance.cases() if case.name.startswith("optimizer")]


def assert_engines_agree(
    graph: Graph, rows: int, loss: Any = "mean_squared_error", metrics: Any = (),
    zero_inputs: Any = (), optimizer: Any = MOMENTUM,
) -> None:  # fmt: skip
    """Compare outputs, gradients, metrics, and weights after two updates; `zero_inputs` are 0."""
    training_setup = setup(loss, optimizer, metrics)
    x = away_from_kinks((rows, *graph.input_shape), seed=rows)
    x[:, list(zero_inputs)] = 0
    y = np.random.default_rng(rows).normal(size=(rows, *graph.output_shape))
    fast, reference = (program_of(graph, training_setup, name) for name in ENGINES)
    device_rows = [program.upload(x, y) for program in (fast, reference)]
    batches = [np.arange(rows)[::-1], np.arange(0, rows, 2)]
    assert_close(fast.predict(x), reference.predict(x), "outputs")
    gradients = (
        fast.gradients(device_rows[0], batches[0]),
        reference.gradients(device_rows[1], batches[0]),
    )
    for name in gradients[1]:
        assert_close(gradients[0][name], gradients[1][name], f"gradient of {name}")
    for method in ("train", "evaluate"):
        metrics = [getattr(p, method)(rows_of, batches).sums for p, rows_of in
                   zip((fast, reference), device_rows, strict=True)]  # fmt: skip
        for name in metrics[1]:
            assert_close(metrics[0][name], metrics[1][name], f"{method}: {name}")
    for name, weight in reference.weights().items():
        assert_close(fast.weights()[name], weight, f"{name} after training")


@pytest.mark.parametrize("case", conformance.cases(), ids=str)
def test_conformance(case):
    conformance.check(case, "numpy", "numpy:reference")


SLOPE = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}
LAYER_CASES: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "3x3": ([{"conv2d": {"filters": 3, "kernel_size": 3}}], (7, 6, 9)),
    "3x3 same": ([{"conv2d": {"filters": 9, "kernel_size": 3, "padding": "same"}}], (6, 7, 8)),
    "3x3 asymmetric": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "padding": [[2, 0], [1, 3]]}}], (8, 11, 8),
    ),
    "3x3 larger than its tiles": (
        [
            {"conv2d": {"filters": 5, "kernel_size": 3, "padding": [[0, 4], [5, 0]]}},
            {"average_pooling2d": {"pool_size": 2, "strides": 15}},
        ],
        (24, 4, 8),
    ),
    "3x3 wide": ([{"conv2d": {"filters": 8, "kernel_size": 3, "padding": "same"}}], (13, 17, 16)),
    "1x1": ([{"conv2d": {"filters": 5, "kernel_size": 1}}], (5, 4, 8)),
    "strided": ([{"conv2d": {"filters": 4, "kernel_size": 3, "strides": 2}}], (9, 8, 3)),
    "strided same": (
        [{"conv2d": {"filters": 4, "kernel_size": [5, 2], "strides": [3, 2], "padding": "same"}}],
        (10, 7, 9),
    ),
    "skipping": ([{"conv2d": {"filters": 2, "kernel_size": 1, "strides": 3}}], (8, 7, 9)),
    "dilated": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "dilation_rate": [2, 1]}}], (9, 7, 8),
    ),
    "grouped": ([{"conv2d": {"filters": 6, "kernel_size": 3, "groups": 3}}], (7, 6, 9)),
    "depthwise": (
        [{"conv2d": {"filters": 4, "kernel_size": 3, "groups": 4, "padding": "same"}}], (7, 6, 4),
    ),
    "depthwise strided": (
        [{"conv2d": {"filters": 6, "kernel_size": 3, "groups": 3, "strides": 2}}], (9, 8, 3),
    ),
    "tiled": ([{"conv2d": {"filters": 4, "kernel_size": 2, "strides": 2}}], (6, 8, 3)),
    "depthwise tiled": (
        [{"conv2d": {"filters": 3, "kernel_size": 2, "strides": 2, "groups": 3}}], (6, 8, 3),
    ),
    "no bias": ([{"conv2d": {"filters": 8, "kernel_size": 3, "use_bias": False}}], (5, 5, 8)),
    "cropped by pooling": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}, {"max_pooling2d": 2}],
        (9, 7, 8),
    ),
    "few channels": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}, {"max_pooling2d": 2}],
        (9, 12, 1),
    ),
    "max pooling": ([{"max_pooling2d": 2}], (7, 6, 3)),
    "max pooling overlapping": ([{"max_pooling2d": {"pool_size": 3, "strides": 2}}], (8, 9, 3)),
    "max pooling with gaps": ([{"max_pooling2d": {"pool_size": 2, "strides": 3}}], (8, 9, 3)),
    "max pooling same": (
        [{"max_pooling2d": {"pool_size": [3, 2], "strides": 2, "padding": "same"}}], (7, 6, 3),
    ),
    "average pooling": ([{"average_pooling2d": 2}], (7, 6, 3)),
    "average pooling same": (
        [{"average_pooling2d": {"pool_size": 3, "strides": 2, "padding": "same"}}], (7, 6, 3),
    ),
    "dense": ([{"dense": {"units": 7, "activation": "relu"}}, {"dense": 3}], (5,)),
    "dense over images": ([{"reshape": [2, 3, 2]}, "flatten", {"dense": 3}], (12,)),
    "reshaped": ([{"reshape": [4, 3]}, {"reshape": [3, 4]}, "flatten", {"dense": 2}], (12,)),
    "images reshaped": (
        [{"reshape": [3, 2, 8]}, {"conv2d": {"filters": 2, "kernel_size": 2}}], (4, 6, 2),
    ),
    "normalized images": (["batch_normalization", "relu", "batch_normalization"], (4, 3, 5)),
    "normalized vectors": ([{"dense": 4}, "batch_normalization", "sigmoid"], (6,)),
    "dropout": ([{"dropout": 0.5}, {"conv2d": {"filters": 2, "kernel_size": 2}}], (4, 3, 3)),
    "spatial dropout": ([{"spatial_dropout2d": 0.5}, SLOPE], (4, 3, 3)),
    "noisy": ([{"gaussian_noise": 0.1}, {"dense": 2}, {"gaussian_noise": 0.2}], (4,)),
    "noisy images": ([{"gaussian_noise": 0.1}, "tanh"], (4, 3, 2)),
    "activations": (
        [{"dense": 4}, "sigmoid", "relu", "tanh", {"leaky_relu": 0.3}, "softmax"], (5,),
    ),
    "activations of images": (
        ["relu", SLOPE, {"softmax": 1}, {"leaky_relu": 0.3}, "softmax"], (3, 4, 5),
    ),
    "identity": (["linear"], (3,)),
    "softmax alone": (["softmax"], (3,)),
}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 2, 7, 33])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_geometry(name, rows):
    layers, shape = LAYER_CASES[name]
    layers = [SLOPE, *layers] if "noisy" not in name and name != "softmax alone" else layers
    assert_engines_agree(graph_of(layers, shape), rows)


def conv_and_pool(pool: Any, **options: Any) -> list[Any]:
    """A convolution with ReLU, and max pooling."""
    filters = {"filters": 5, "kernel_size": 3, "activation": "relu", **options}
    return [{"conv2d": filters}, {"max_pooling2d": pool}]


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


WINOGRAD = [name for name in LAYER_CASES if name.startswith("3x3") or name == "cropped by pooling"]


@pytest.mark.parametrize("rows", [1, 7, 33])
@pytest.mark.parametrize("name", WINOGRAD)
def test_winograd_in_double_precision_agrees_with_the_reference(name, rows, monkeypatch):
    monkeypatch.setattr(dispatch, "_conv_kernel", lambda *_: conv_winograd)
    test_geometry(name, rows)


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


def test_rows_that_fill_several_blocks_of_vectors():
    assert_engines_agree(
        graph_of([{"dense": {"units": 9, "activation": "relu"}}, {"dense": 3}], (6,)), 150
    )


@pytest.mark.parametrize("zero_inputs", [(), (3,), (0, 1, 5, 7, 8), range(12)])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM], ids=["sgd", "momentum"])
def test_inputs_that_are_zero_in_every_row(zero_inputs, use_bias, optimizer, monkeypatch):
    split_small_kernels(monkeypatch)
    first = {"dense": {"units": 4, "use_bias": use_bias, "activation": "tanh"}}
    for rows in (1, 70, 150):
        assert_engines_agree(
            graph_of([first, {"dense": 3}], (12,)),
            rows,
            zero_inputs=zero_inputs,
            optimizer=optimizer,
        )


def split_small_kernels(monkeypatch):
    """Split even kernels of a few weights into several tasks."""
    for module in ("dense", "dense_sparse_input", "dense_large"):
        monkeypatch.setattr(f"nnspec.backends.numpy.fast.kernels.{module}.TASK_SIZE", 8)


@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM, "adam"], ids=["sgd", "momentum", "adam"])
@pytest.mark.parametrize("shape", [(12,), (2, 3, 2)])
def test_inputs_that_are_zero_in_some_batches_only(optimizer, shape, monkeypatch):
    split_small_kernels(monkeypatch)
    graph = graph_of(
        ["flatten", {"dense": {"units": 4, "activation": "tanh"}}, {"dense": 3}], shape
    )
    x = away_from_kinks((90, 12))
    x[:30, :6] = x[30:60, 4:] = 0
    y = np.random.default_rng(0).normal(size=(90, 3))
    batches = [np.arange(start, start + 30) for start in (0, 30, 60, 0)]
    actual = []
    for engine in ENGINES:
        program = program_of(graph, setup(optimizer=optimizer), engine)
        device_rows = [program.upload(rows.reshape(90, *shape), y) for rows in (x, x[::-1])]
        for _ in range(2):
            for rows in device_rows:
                program.train(rows, batches)
        actual.append(program.weights())
    for name, expected in actual[1].items():
        assert_close(actual[0][name], expected, name)


def test_zero_inputs_before_noise_are_not_skipped():
    layers = [{"gaussian_noise": 0.5}, {"dense": {"units": 4, "activation": "tanh"}}, {"dense": 3}]
    assert_engines_agree(graph_of(layers, (12,)), 70, zero_inputs=range(12))


def test_metrics_of_several_blocks():
    layers = [{"conv2d": {"filters": 2, "kernel_size": 2}}, "flatten", {"dense": 3}]
    assert_engines_agree(
        graph_of(layers, (4, 4, 1)), 33, metrics=["accuracy", "half_squared_error"]
    )


def test_a_prediction_of_no_rows_is_empty():
    program = program_of(graph_of([{"dense": 3}], (2,)))
    assert program.predict(np.empty((0, 2))).shape == (0, 3)


def image_network() -> Graph:
    convolution = {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}
    images = [convolution, {"max_pooling2d": 2}, convolution, "batch_normalization"]
    vectors = ["flatten", {"dropout": 0.3}, {"dense": {"units": 9, "activation": "relu"}}]
    return graph_of([*images, *vectors, {"dense": 3}], (14, 12, 1))


def train_and_predict(workers: int, precision: str) -> tuple[Program, Any]:
    """A program after three updates of 80 rows, and a prediction."""
    graph = image_network()
    engine = partial(FastEngine, workers=workers)
    program = NumpyProgram(
        graph, setup(optimizer="adam"), ComputeConfig(precision=precision), engine
    )
    program.set_weights(initial_weights.initial_weights(graph, 0))
    random = np.random.default_rng(0)
    x, y = random.normal(size=(100, *graph.input_shape)), random.normal(size=(100, 3))
    metrics = program.train(program.upload(x, y), [np.arange(i, 80 + i) for i in range(3)])
    return program, (metrics.sums["loss"], program.predict(x))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_same_bits_again_and_with_any_number_of_threads(precision):
    first, metrics = train_and_predict(1, precision)
    for workers in (1, 2, 3):
        program, again = train_and_predict(workers, precision)
        for before, after in zip(metrics, again, strict=True):
            np.testing.assert_array_equal(before, after)
        for name, weight in first.weights().items():
            np.testing.assert_array_equal(weight, program.weights()[name], err_msg=name)


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


def test_exact_is_the_same_to_the_last_bit():
    graph = image_network()
    random = np.random.default_rng(1)
    x, y = random.normal(size=(64, *graph.input_shape)), random.normal(size=(64, 3))
    batches = [np.arange(i, 40 + i) for i in range(12)]
    actual = []
    for engine in ENGINES:
        program = program_of(graph, setup(optimizer="adam"), engine, "exact")
        program.train(program.upload(x, y), batches)
        actual.append(program.weights())
    for name, weight in actual[0].items():
        np.testing.assert_array_equal(weight, actual[1][name], err_msg=name)


def test_single_precision_follows_the_reference():
    graph = image_network()
    random = np.random.default_rng(1)
    x, y = random.normal(size=(64, *graph.input_shape)), random.normal(size=(64, 3))
    losses = []
    for engine in ENGINES:
        program = program_of(graph, setup(), engine, "float32")
        metrics = program.train(program.upload(x, y), [np.arange(i, 40 + i) for i in range(10)])
        losses.append(metrics.sums["loss"] / 40)
    np.testing.assert_allclose(*losses, rtol=0, atol=2e-6)


def test_an_error_in_a_thread_is_raised():
    from nnspec.backends.numpy.fast.threads import thread_pool

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread_pool(2).run([[[lambda: None], [fail], [lambda: None]]])


def test_an_error_in_a_helper_is_raised_by_the_caller():
    both, caller = threading.Barrier(2), threading.current_thread()

    def fail() -> None:
        both.wait()  # so that each thread takes one chain
        if threading.current_thread() is not caller:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread_pool(2).run([[[fail], [fail]]])


def test_after_an_error_no_later_stage_starts():
    started = []

    def fail() -> None:
        raise ZeroDivisionError

    for stage in ([[fail]], [[fail], [lambda: None]], [[lambda: None], [lambda: None, fail]]):
        with pytest.raises(ZeroDivisionError):
            thread_pool(2).run([stage, [[lambda: started.append(1)]]])
    assert not started


def test_the_next_stage_is_requested_when_the_one_before_is_done():
    """An error of the iterator of stages is raised by the caller, whichever thread advanced it."""
    for workers in (1, 3):
        ended: list[int] = []
        asked: list[int] = []

        def stages(ended: list[int] = ended, asked: list[int] = asked) -> Iterator[Stage]:
            for chain_counts in (1, 4, 2, 3):
                asked.append(len(ended))
                yield [[partial(time.sleep, 0.001), partial(ended.append, 1)]] * chain_counts
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            thread_pool(workers).run(stages())
        assert asked == [0, 1, 5, 7]
        assert len(ended) == 10


@pytest.mark.parametrize("engine", ENGINES)
def test_after_an_error_earlier_updates_are_kept(engine, monkeypatch):
    graph, training_setup = (
        graph_of([{"dense": 6}, "tanh", {"dense": 3}], (5,)),
        setup(optimizer="adam"),
    )
    random = np.random.default_rng(1)
    x, y = random.normal(size=(64, 5)), random.normal(size=(64, 3))
    batches = [np.arange(40), np.arange(20, 60)]
    whole, broken = (program_of(graph, training_setup, engine) for _ in range(2))
    whole.train(whole.upload(x, y), batches)
    original, calls = BatchEvaluator.gradients, iter(range(9))

    def fail_at_third_call(*arguments: Any) -> Array:
        return original(*arguments) if next(calls) < 2 else 1 / 0

    monkeypatch.setattr(BatchEvaluator, "gradients", fail_at_third_call)
    with pytest.raises(ZeroDivisionError):
        broken.train(broken.upload(x, y), [*batches, *batches])
    assert broken.state().step == 2
    for name, weight in whole.weights().items():
        np.testing.assert_array_equal(broken.weights()[name], weight)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_an_interrupt_at_any_moment_ends_the_run():
    """The caller is interrupted wherever it is, and no helper runs a task after that."""
    ended: list[int] = []
    values = np.ones(3000)

    def task() -> None:
        np.sqrt(values)
        ended.append(1)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()  # an interrupt in one of its callbacks would only be a warning
    random, interrupted = np.random.default_rng(0), 0
    try:
        for delay in random.uniform(1e-5, 6e-4, 400):
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                thread_pool(3).run([[[task] * 4] * 3] * 12)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            done = len(ended)
            time.sleep(2e-4)
            assert len(ended) == done
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert interrupted > 50
    thread_pool(3).run([[[task]] * 3] * 3)  # and the pool can be used again


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_each_stage_waits_for_the_one_before(workers):
    for chain_counts in ([3, 1, 4], [1, 1, 1, 7, 2], [0, 2, 0], [], [40, 40]):
        ended: list[int] = []
        started: list[tuple[int, int]] = []

        def task(stage: int, ended: list[int] = ended, started: Any = started) -> None:
            started.append((stage, len(ended)))
            time.sleep(0.0002 * (len(started) % 3))
            ended.append(stage)

        thread_pool(workers).run(
            [[[partial(task, at)] for _ in range(n)] for at, n in enumerate(chain_counts)]
        )
        assert sorted(ended) == [at for at, n in enumerate(chain_counts) for _ in range(n)]
        assert all(done >= sum(chain_counts[:stage]) for stage, done in started)


def test_an_unknown_engine_is_named_with_its_likeness():
    with pytest.raises(BackendError, match="did you mean 'reference'"):
        discovery.find("numpy:referense")


def test_helper_threads_use_the_callers_errstate() -> None:
    """Overflows in helper threads do not warn where the caller turned warnings off."""
    both = threading.Barrier(2, timeout=30)

    def overflow() -> None:
        both.wait()  # so that each thread takes one chain
        np.exp(np.full(3, 1000.0))

    with np.errstate(all="ignore"):
        thread_pool(2).run([[[overflow], [overflow]]])


@pytest.mark.parametrize("case", OPTIMIZERS, ids=str)
def test_each_gradient_is_followed_by_its_update(case):
    """No weight is regularized, so each update follows its gradient."""
    layers = [{"dense": {"units": 30, "activation": "tanh"}}, {"dense": 3}]
    assert_engines_agree(graph_of(layers, (12,)), 150, optimizer=case.optimizer)


def test_prediction_on_inputs_changed_in_place():
    program = program_of(graph_of([{"dense": {"units": 4}}], (12,)), setup(), "numpy:fast")
    x = np.zeros((3, 12))
    program.predict(x)
    x[:] = 1
    np.testing.assert_array_equal(program.predict(x), program.predict(x.copy()))


WINOGRAD_LAYERS = [{"conv2d": {"filters": 9, "kernel_size": 3}}, "flatten", {"dense": 2}]
PADDED_LAYERS = [{"conv2d": {"filters": 9, "kernel_size": 1}},
          {"max_pooling2d": {"pool_size": 4, "padding": "same"}}]  # fmt: skip


@pytest.mark.parametrize("layers", [WINOGRAD_LAYERS, PADDED_LAYERS], ids=["tiles", "padding"])
def test_a_prediction_depends_on_its_rows_and_the_weights_alone(layers):
    """What kernels cache between predictions follows the weights, or never changes."""
    graph = graph_of(layers, (5, 5, 8))
    used, new = (program_of(graph, setup(), "numpy:fast", "float32") for _ in range(2))
    x = away_from_kinks((40, 5, 5, 8)).astype(np.float32)
    used.predict(x + 5)
    weights = {name: -2 * weight for name, weight in used.weights().items()}
    for program in (used, new):
        program.set_weights(weights)
    expected = new.predict(x - 5)
    for _ in range(2):
        np.testing.assert_array_equal(used.predict(x - 5), expected)


def test_a_program_predicts_in_several_threads():
    program = program_of(graph_of(WINOGRAD_LAYERS, (5, 5, 8)), setup(), "numpy:fast", "float32")
    x = away_from_kinks((150, 5, 5, 8)).astype(np.float32)
    sizes = [1, 31, 33, 150, 70, 5, 97, 40] * 20
    expected = {size: program.predict(x[:size]) for size in sizes}
    with ThreadPoolExecutor(4) as threads:
        actual = list(threads.map(lambda size: program.predict(x[:size]), sizes))
    for size, outputs in zip(sizes, actual, strict=True):
        np.testing.assert_array_equal(outputs, expected[size])


def test_blas_gets_its_threads_back_when_the_last_context_ends():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads() -> list[int]:
        return [each["num_threads"] for each in threadpoolctl.threadpool_info()
                if each["user_api"] == "blas" and "numpy" in each["filepath"]]  # fmt: skip

    with threadpoolctl.threadpool_limits(2, "blas"):
        first, second = single_threaded_blas(), single_threaded_blas()
        before = threads()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(threads()) == {1}
        second.__exit__(None, None, None)
        assert threads() == before


def test_running_statistics_are_restored_where_gradients_fail():
    graph = graph_of(["batch_normalization", {"dense": 3}, "softmax"], (4,))
    program = program_of(graph, setup("sparse_categorical_crossentropy"), "numpy:fast")
    before = program.weights()
    device_rows = program.upload(away_from_kinks((6, 4)), np.full((6, 1), 7))
    with pytest.raises(IndexError):
        program.gradients(device_rows, np.arange(6))
    for name, weight in program.weights().items():
        np.testing.assert_array_equal(weight, before[name], name)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", MOMENTUM], ids=["sgd", "momentum"])
def test_weights_larger_than_the_cache(optimizer, use_bias, monkeypatch):
    monkeypatch.setattr(dispatch, "LARGE_KERNEL", 1)
    split_small_kernels(monkeypatch)
    options = {"units": 7, "use_bias": use_bias}
    layers = [{"dense": {**options, "activation": "relu"}}, {"dense": options}, {"dense": 3}]
    graph = graph_of(layers, (5,))
    calls = []
    monkeypatch.setattr(
        dispatch,
        "dense_large",
        lambda *arguments: calls.append(arguments) or dense_large(*arguments),
    )
    for rows in (1, 70, 150):
        assert_engines_agree(graph, rows, optimizer=optimizer)
    assert calls


SPARSE = [{"dense": {"units": 6, "activation": "relu"}}, {"dense": 3}, "softmax"]
IMAGES = [{"reshape": [4, 4, 9]}, {"conv2d": {"filters": 9, "kernel_size": 3}}, "relu", "flatten",
          {"dense": 3}, "softmax"]  # fmt: skip


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
@pytest.mark.parametrize("layers", [SPARSE, IMAGES], ids=["sparse", "images"])
def test_training_on_many_batches_equals_training_on_each(layers, precision, monkeypatch):
    """Caches of weights follow updates, and metrics are computed for several batches at once."""
    monkeypatch.setattr(training_step, "MAX_BUFFERED_OUTPUTS", 100)  # three batches at most
    graph = graph_of(layers, (144,))
    training_setup = setup("categorical_crossentropy", metrics=["accuracy", "mean_squared_error"])
    random = np.random.default_rng(1)
    x = random.normal(size=(64, 144)) * (random.random((64, 144)) < 0.1)
    y = np.eye(3)[random.integers(0, 3, 64)]
    batches = [random.integers(0, 64, size) for size in (10, 10, 10, 10, 10, 7, 10, 10)]
    one, many = (program_of(graph, training_setup, "numpy", precision) for _ in range(2))
    device_rows = one.upload(x, y)
    separate = contract.BatchMetrics.join([one.train(device_rows, [batch]) for batch in batches])
    joint = many.train(many.upload(x, y), batches)
    assert joint.rows == separate.rows
    for name, sums in joint.sums.items():
        np.testing.assert_array_equal(sums, separate.sums[name])
    for name, weight in one.weights().items():
        np.testing.assert_array_equal(many.weights()[name], weight)
