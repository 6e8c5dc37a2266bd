"""Section 4 of the lecture: handwritten digits."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.data.formats import mnist
from nnspec.runs.listener import RunListener
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.training.loop import evaluate
from tests.lecture.conftest import NEEDS
from tests.lecture.specs import gradients, lecture_spec, session_of, summary, trained
from tests.networks import graph_of, program_of, setup

pytestmark = pytest.mark.framework

SOME = ("data.source.mnist.train_rows=2000", "data.source.mnist.test_rows=500")


# ---------------------------------------------------------------- 4.1, 4.2, 4.3


def test_4_1_60000_and_10000_images_and_the_first_ten_labels():
    assert mnist.images("train").shape == (60_000, 28, 28)
    assert mnist.images("t10k").shape == (10_000, 28, 28)
    assert mnist.labels("train")[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert set(mnist.labels("t10k").tolist()) == set(range(10))


def test_4_2_784_columns_of_float32_from_0_to_1_and_ten_columns_of_labels():
    x, y = session_of("mlp", *SOME, precision="float32").splits.train[:2]
    images, labels = mnist.images("train")[:2000], mnist.labels("train")[:2000]
    assert (x.shape, x.dtype, x.min(), x.max()) == ((2000, 784), np.float32, 0, 1)
    assert (x == images.reshape(2000, 784).astype(np.float32) / 255).all()
    assert y.shape == (2000, 10)
    assert (y.argmax(axis=1) == labels).all()
    assert (np.sort(y, axis=1) == [0] * 9 + [1]).all()


def test_4_3_407050_parameters():
    found = summary("mlp")
    assert [(row.output_shape, row.parameters, row.formula) for row in found.rows] == [
        ((512,), 401_920, "(28*28+1)*512"), ((10,), 5_130, "(512+1)*10"),
    ]  # fmt: skip
    assert found.parameters == found.trainable == 407_050


# ---------------------------------------------------------------- 4.4, 4.7, 4.8


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_4_4_to_4_8_the_lectures_run(backend, tmp_path):
    """Five epochs of SGD, then evaluation and prediction on NumPy."""
    pytest.importorskip(NEEDS[backend])
    spec = lecture_spec("mlp")
    assert (spec.optimizer.kind, spec.loss.kind) == ("sgd", "categorical_crossentropy")
    assert (spec.train.epochs, spec.train.batch_size) == (5, 128)
    report = run(spec, ComputeConfig(backend), tmp_path)
    train, test = report.metrics["train"], report.metrics["test"]
    assert (train["accuracy"], train["loss"]) == pytest.approx((0.9101, 0.3326), abs=0.01)
    assert (test["accuracy"], test["loss"]) == pytest.approx((0.9151, 0.3168), abs=0.01)
    trained_run = TrainedRun.open(report.run, ComputeConfig())
    again = trained_run.evaluate(RunListener())
    assert again["test"] == pytest.approx(test, abs=1e-4)
    assert again["train"] == pytest.approx(train, abs=1e-4)
    predictions = trained_run.predict(trained_run.rows("test").raw)
    assert predictions.shape == (10_000, 10)
    assert predictions.sum(axis=1) == pytest.approx(1, abs=1e-5)
    right = predictions.argmax(axis=1) == mnist.labels("t10k")
    assert right.mean() == pytest.approx(test["accuracy"], abs=1e-3)
    assert not right[8] or predictions[8].max() < 0.9  # a 5 that is hard to read


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam"])
def test_4_4_rmsprop_and_adam_may_be_tried_too(optimizer, backend):
    overrides = (*SOME, f"optimizer={optimizer}", "train.epochs=3")
    done = trained("mlp", *overrides, backend=backend, precision="float32")
    sgd = trained("mlp", *SOME, "train.epochs=3", backend=backend, precision="float32")
    assert done.metrics("test")["accuracy"] > sgd.metrics("test")["accuracy"] + 0.05


# ---------------------------------------------------------------- 4.5


def test_4_5_cross_entropy_sums_over_classes_and_is_a_mean_over_rows(backend):
    session = session_of("4.5-cross-entropy", backend=backend)
    p, y = session.program.predict(session.splits.train.inputs), session.splits.train.targets
    total = -sum(y[i, m] * log(p[i, m]) for i in range(2) for m in range(3))
    assert total == pytest.approx(2.8152, abs=1e-4)
    assert evaluate(session.program, session.splits.train)["loss"] == pytest.approx(
        total / 2, rel=1e-12
    )


def test_4_5_binary_cross_entropy(backend):
    session = session_of("4.5-binary-cross-entropy", backend=backend)
    p = session.program.predict(session.splits.train.inputs).ravel()
    assert p == pytest.approx([0.75, 0.75])
    total = -sum(y * log(q) + (1 - y) * log(1 - q) for y, q in zip([1, 0], p.tolist(), strict=True))
    assert evaluate(session.program, session.splits.train)["loss"] == pytest.approx(
        total / 2, rel=1e-12
    )


# ---------------------------------------------------------------- 4.6


def loss_slope(loss, y, p, backend):
    """|dL/dp| at a prediction p for the target y, without an activation."""
    layers = [{"dense": {"units": 1, "use_bias": False}}]
    program = program_of(graph_of(layers, (1,)), setup(loss), backend)
    program.set_weights({"dense/kernel": np.array([[p]])})
    device_rows = program.upload(np.ones((1, 1)), np.array([[float(y)]]))
    return abs(program.gradients(device_rows, np.arange(1))["dense/kernel"].item())


@pytest.mark.parametrize("y", [0, 1])
def test_4_6_where_it_is_wrong_cross_entropys_gradient_is_larger_and_without_bound(y, backend):
    errors = [0.5, 0.9, 0.99, 0.999, 0.9999]
    entropy, squared = (
        [loss_slope(loss, y, abs(y - error), backend) for error in errors]
        for loss in ("binary_crossentropy", "half_squared_error")
    )
    assert entropy == pytest.approx([1 / (1 - error) for error in errors], rel=1e-6)
    assert squared == pytest.approx(errors, rel=1e-9)
    assert all(one > other for one, other in zip(entropy, squared, strict=True))
    assert entropy[-1] > 9999
    assert max(squared) < 1


def test_4_6_before_the_sigmoid_it_stays_below_1_and_does_not_vanish(backend):
    entropy, squared = (
        gradients(session_of(f"4.6-{name}", backend=backend))["dense/kernel"].item()
        for name in ("cross-entropy", "squared-error")
    )
    p = 1 / (1 + np.exp(-6))
    assert entropy == pytest.approx(p, rel=1e-9)
    assert squared == pytest.approx(p * p * (1 - p), rel=1e-9)


def test_4_6_from_a_wrong_start_one_learns_and_the_other_hardly_moves(backend):
    entropy, squared = (
        trained(f"4.6-{name}", backend=backend) for name in ("cross-entropy", "squared-error")
    )
    assert entropy.metrics()["accuracy"] == 1
    assert squared.metrics()["accuracy"] == 0
    assert entropy.weights["dense/kernel"].item() < 0
    assert squared.weights["dense/kernel"].item() > 5.9
