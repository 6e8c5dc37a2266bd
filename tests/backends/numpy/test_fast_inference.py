"""Predictions and evaluations of the fast engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.backends.numpy.fast_engine import assert_engines_agree
from tests.networks import away_from_kinks, graph_of, program_of, setup


def test_metrics_of_several_blocks():
    layers = [{"conv2d": {"filters": 2, "kernel_size": 2}}, "flatten", {"dense": 3}]
    assert_engines_agree(
        graph_of(layers, (4, 4, 1)), 33, metrics=["accuracy", "half_squared_error"]
    )


def test_a_prediction_of_no_rows_is_empty():
    program = program_of(graph_of([{"dense": 3}], (2,)))
    assert program.predict(np.empty((0, 2))).shape == (0, 3)


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
