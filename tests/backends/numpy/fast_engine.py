"""Comparison of the fast engine with the reference engine, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.graph.ir import Graph
from tests.networks import away_from_kinks, graph_of, program_of, setup

TOLERANCE = 1e-12  # relative to the largest value


ENGINES = ("numpy:fast", "numpy:reference")


def assert_close(actual: Any, expected: Any, message: str) -> None:
    scale = max(float(np.abs(expected).max(initial=0)), 1.0)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE * scale, err_msg=message)


MOMENTUM = {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}


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


SLOPE = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}


def conv_and_pool(pool: Any, **options: Any) -> list[Any]:
    """A convolution with ReLU, and max pooling."""
    filters = {"filters": 5, "kernel_size": 3, "activation": "relu", **options}
    return [{"conv2d": filters}, {"max_pooling2d": pool}]


def split_small_kernels(monkeypatch):
    """Split even kernels of a few weights into several tasks."""
    for module in ("dense", "dense_sparse_input", "dense_large"):
        monkeypatch.setattr(f"nnspec.backends.numpy.fast.kernels.{module}.TASK_SIZE", 8)


def image_network() -> Graph:
    convolution = {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}
    images = [convolution, {"max_pooling2d": 2}, convolution, "batch_normalization"]
    vectors = ["flatten", {"dropout": 0.3}, {"dense": {"units": 9, "activation": "relu"}}]
    return graph_of([*images, *vectors, {"dense": 3}], (14, 12, 1))
