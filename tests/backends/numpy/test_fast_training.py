"""Training on the fast engine: bits, precision, errors, many batches."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance, contract, discovery
from nnspec.backends.contract import Array, Program
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast import training_step
from nnspec.backends.numpy.fast.block_size import (
    VECTORS_PER_BLOCK,
    balanced_rows_per_block,
    rows_per_block,
)
from nnspec.backends.numpy.fast.engine import FastEngine
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.randomness import initial_weights
from tests.backends.numpy.fast_engine import ENGINES, assert_engines_agree, image_network
from tests.networks import away_from_kinks, graph_of, program_of, setup

OPTIMIZERS = [case for case in conformance.cases() if case.name.startswith("optimizer")]


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


def test_an_unknown_engine_is_named_with_its_likeness():
    with pytest.raises(BackendError, match="did you mean 'reference'"):
        discovery.find("numpy:referense")


@pytest.mark.parametrize("case", OPTIMIZERS, ids=str)
def test_each_gradient_is_followed_by_its_update(case):
    """No weight is regularized, so each update follows its gradient."""
    layers = [{"dense": {"units": 30, "activation": "tanh"}}, {"dense": 3}]
    assert_engines_agree(graph_of(layers, (12,)), 150, optimizer=case.optimizer)


def test_running_statistics_are_restored_where_gradients_fail():
    graph = graph_of(["batch_normalization", {"dense": 3}, "softmax"], (4,))
    program = program_of(graph, setup("sparse_categorical_crossentropy"), "numpy:fast")
    before = program.weights()
    device_rows = program.upload(away_from_kinks((6, 4)), np.full((6, 1), 7))
    with pytest.raises(IndexError):
        program.gradients(device_rows, np.arange(6))
    for name, weight in program.weights().items():
        np.testing.assert_array_equal(weight, before[name], name)


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


@pytest.mark.parametrize(
    ("rows", "block_size", "expected"),
    [
        (32, 32, 16),
        (40, 32, 20),
        (128, 32, 32),
        (7, 32, 16),
        (64, 16, 16),
        (64, 64, 64),
        (8, 8, 4),
        (3, 8, 4),
        (8, 4, 4),
        (4, 4, 2),
        (2, 1, 1),
    ],
)
def test_a_batch_of_images_is_two_blocks_unless_these_get_short(rows, block_size, expected):
    assert balanced_rows_per_block(rows, block_size) == expected


def test_windows_over_steps_make_a_sequence_count_as_an_image():
    conv = [{"conv1d": {"filters": 64, "kernel_size": 1}}]
    images, vectors = (graph_of(layers, (256, 32)) for layers in (conv, [{"dense": 64}]))
    assert rows_per_block(images, np.dtype(np.float32)) == 32
    assert rows_per_block(vectors, np.dtype(np.float32)) == VECTORS_PER_BLOCK
