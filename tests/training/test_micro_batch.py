"""`train.micro_batch`: the same updates from parts of a batch, of which one is in memory."""

from __future__ import annotations

import numpy as np
import pytest

import nnspec
from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.engines import HERE, compared
from tests.small_runs import rows, spec

ROWS = 150  # in batches of 128 and 22
RANDOM = np.random.default_rng(5)
LAYERS = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "inputs": "image"}},
    {"dropout": {"rate": 0.4}},
    "relu",
    "flatten",
    {"concatenate": {"inputs": ["flatten", "extra"]}},
    {"dense": {"units": 9, "kernel_regularizer": {"l2": 0.01}}},
    {"gaussian_noise": 0.1},
    "tanh",
    {"alpha_dropout": 0.2},
    {"dense": {"units": 3, "activation": "softmax"}},
]
SOURCE = {
    "inputs": {
        "image": RANDOM.normal(size=(ROWS, 6, 6, 2)).tolist(),
        "extra": RANDOM.normal(size=(ROWS, 3)).tolist(),
    },
    "targets": np.eye(3)[RANDOM.integers(0, 3, ROWS)].tolist(),
}
TRAIN = {"epochs": 6, "batch_size": 128, "class_weight": {"0": 2.0, "2": 0.5}}


def values(further=(), **train):
    return rows(
        SOURCE,
        network={
            "inputs": {"image": {"shape": [6, 6, 2]}, "extra": {"shape": [3]}},
            "layers": [*LAYERS, *further],
        },
        loss={"categorical_crossentropy": {"label_smoothing": 0.1}},
        optimizer={"adam": {"learning_rate": 0.01, "global_clipnorm": 0.5}},
        metrics=["accuracy", "balanced_accuracy"],
        train={**TRAIN, **train},
    )


def session(backend="numpy", precision="float64", **train):
    return TrainingSession.prepare(spec(values(**train)), ComputeConfig(backend, precision))


def trained(of):
    """The weights and the epochs of a training."""
    epochs = train_epochs(
        of.program, of.training, of.options, lambda _: None, never_stop, balance=of.balance
    )
    measured = [epoch.metrics for epoch in epochs]
    return of.program.weights(), measured


def assert_same(found, expected, tolerance=1e-12):
    for name, weight in expected[0].items():
        scale = np.abs(weight).max()
        np.testing.assert_allclose(found[0][name], weight, rtol=0, atol=tolerance * scale)
    for one, other in zip(found[1], expected[1], strict=True):
        assert one == pytest.approx(other, rel=1e-11)


@pytest.fixture(scope="module")
def whole():
    return trained(session())


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
@pytest.mark.parametrize("size", [32, 50, 127, 128])
def test_parts_of_a_batch_give_the_updates_of_the_batch(backend, size, whole):
    assert_same(trained(session(backend, micro_batch=size)), whole)


@pytest.mark.framework
def test_each_backend_sums_over_parts():
    found = compared(spec(values(micro_batch=32)), "float64", None, *HERE)
    assert found.agree, found


def test_exact_weights_are_the_same_bits():
    expected = trained(session(precision="exact"))[0]
    found = trained(session(precision="exact", micro_batch=20))[0]
    assert all((found[name] == weight).all() for name, weight in expected.items())


def test_a_gradient_is_that_of_the_batch():
    batch = np.arange(ROWS)
    gradients = []
    for options in ({}, {"micro_batch": 7}):
        of = session(batch_size="all", **options)
        device_rows = of.program.upload(of.splits.train.inputs, of.splits.train.targets)
        gradients.append(of.program.gradients(device_rows, batch))
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], gradient, atol=1e-14)


def test_it_takes_the_memory_of_a_part():
    compute = ComputeConfig("numpy", "float64")
    whole, part = (session(**options).memory(compute) for options in ({}, {"micro_batch": 16}))
    assert part.total < whole.total


def test_a_layer_that_computes_with_all_rows_is_refused():
    with pytest.raises(SpecError, match="batch_normalization computes with all rows of a batch"):
        nnspec.compile(spec(values(["batch_normalization"], micro_batch=2)))


def test_a_frozen_normalization_is_not():
    frozen = {"batch_normalization": {"trainable": False}}
    assert nnspec.compile(spec(values([frozen], micro_batch=2)))


def test_more_rows_than_a_batch_has_are_refused():
    with pytest.raises(SpecError, match="a micro_batch of 129 is more than a batch of 128"):
        spec(values(micro_batch=129))
