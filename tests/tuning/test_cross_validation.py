"""Cross-validation: which rows are trained on and evaluated, caching, divergence, interruption."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.splitting.method import Fold
from nnspec.runs.trainer import run
from nnspec.training.loop import DivergenceError, TrainingInterrupt, evaluate, never_stop
from nnspec.training.session import TrainingSession
from nnspec.tuning.cross_validation import CrossValidation
from tests.small_runs import mnist, spec

SECTION = {"parameters": {"train.epochs": [1]}, "folds": 3, "seed": 2}


def test_rows_for_validation_play_no_part():
    found = []
    for options in ({}, {"validation_split": 0.5, "validation_freq": 2}):
        train = {"epochs": 2, "batch_size": 64, **options}
        made = spec(mnist(train_rows=90, tune=SECTION, train=train))
        validation = CrossValidation(made.tune, "accuracy", ComputeConfig())
        found.append(validation.evaluate_fold(made, 1, never_stop))
    assert found[0] == found[1]


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced", "oversample": True}])
def test_a_fold_equals_a_run_trained_on_the_other_folds(tmp_path, options):
    """Compared with `run` on the same rows in an .npz file."""
    train = {"epochs": 2, "batch_size": 64, **options}
    made = spec(mnist(train_rows=90, tune=SECTION, train=train))
    validation = CrossValidation(made.tune, "accuracy", ComputeConfig())
    accuracy = validation.evaluate_fold(made, 1, never_stop)
    all_rows = folds.tuning_rows(made, made.tune)
    others, fold = folds.assign_folds(made, made.tune, all_rows)[1]
    np.savez(
        tmp_path / "digits.npz", x_train=all_rows.inputs[others], y_train=all_rows.targets[others],
        x_test=all_rows.inputs[fold], y_test=all_rows.targets[fold],
    )  # fmt: skip
    values = mnist(train=train)
    values["data"]["source"] = {"npz": str(tmp_path / "digits.npz")}
    assert accuracy == run(spec(values), out=tmp_path).metrics["test"]["accuracy"]


def test_another_source_is_read_again():
    made = spec(mnist(train_rows=90, tune=SECTION))
    validation = CrossValidation(made.tune, "loss", ComputeConfig())
    first = validation.evaluate_fold(made, 0, never_stop)
    assert validation.evaluate_fold(spec(mnist(train_rows=60)), 0, never_stop) != first
    assert validation.evaluate_fold(made, 0, never_stop) == first


def test_a_non_finite_loss_is_a_divergence():
    layers = [{"dense": 8}, {"dense": {"units": 10, "activation": "softmax"}}]
    made = spec(mnist(network={"layers": layers}, optimizer={"sgd": 1e30}, tune=SECTION))
    with pytest.raises(DivergenceError, match="the loss"):
        CrossValidation(made.tune, "accuracy", ComputeConfig()).evaluate_fold(made, 0, never_stop)


def test_should_stop_interrupts_a_fold():
    made = spec(mnist(tune=SECTION))
    with pytest.raises(TrainingInterrupt):
        CrossValidation(made.tune, "accuracy", ComputeConfig()).evaluate_fold(made, 0, lambda: True)


def test_expectations_are_ignored():
    made = spec(mnist(train_rows=60, expect={"test": {"loss": 0}}, tune=SECTION))
    validation = CrossValidation(made.tune, "accuracy", ComputeConfig())
    assert 0 <= validation.evaluate_fold(made, 0, never_stop) <= 1


def test_a_session_takes_rows_from_the_load_function(tmp_path):
    made = spec(mnist(train_rows=60))
    whole = TrainingSession.prepare(made, ComputeConfig())
    half = TrainingSession.prepare(
        made, ComputeConfig(), lambda _: folds.hold_out(raw, Fold(np.arange(30, 60), np.arange(30)))
    )
    assert half.splits.train.rows == half.splits.validation.rows == 30
    assert half.splits.test is None
    assert np.array_equal(half.splits.validation.inputs, whole.splits.train.inputs[:30])
    assert evaluate(half.program, half.splits.validation)["loss"] > 0


raw = folds.tuning_rows(spec(mnist(train_rows=60, tune=SECTION)), spec(mnist(tune=SECTION)).tune)


def test_the_thread_count_from_the_environment(monkeypatch):
    monkeypatch.delenv("NNSPEC_THREADS", raising=False)
    assert processors() >= 1
    monkeypatch.setenv("NNSPEC_THREADS", "3")
    assert processors() == 3
