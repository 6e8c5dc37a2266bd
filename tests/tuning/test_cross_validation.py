"""What is trained on which rows when a fold is held out."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.numpy.fast.blas import processors
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.runs.trainer import run
from nnspec.training.loop import Diverged, Interrupted, evaluate, never
from nnspec.training.session import TrainingSession
from nnspec.tuning.cross_validation import CrossValidation
from tests.small_runs import mnist, spec

SECTION = {"parameters": {"train.epochs": [1]}, "folds": 3, "seed": 2}


def test_the_value_is_that_of_a_run_on_the_other_folds(tmp_path):
    """The same rows, written to a file by hand, trained and evaluated by `run`."""
    made = spec(mnist(train_rows=90, tune=SECTION))
    value = CrossValidation(made.tune, "accuracy", ComputeConfig()).value(made, 1, never)
    table = folds.tuning_rows(made, made.tune)
    held = folds.assign_folds(90, 3, 2)[1]
    others = np.setdiff1d(np.arange(90), held)
    np.savez(
        tmp_path / "digits.npz", x_train=table.inputs[others], y_train=table.targets[others],
        x_test=table.inputs[held], y_test=table.targets[held],
    )  # fmt: skip
    by_hand = mnist()
    by_hand["data"]["source"] = {"npz": str(tmp_path / "digits.npz")}
    assert value == run(spec(by_hand), out=tmp_path).figures["test"]["accuracy"]


def test_other_data_are_read_anew():
    made = spec(mnist(train_rows=90, tune=SECTION))
    trained = CrossValidation(made.tune, "loss", ComputeConfig())
    first = trained.value(made, 0, never)
    assert trained.value(spec(mnist(train_rows=60)), 0, never) != first
    assert trained.value(made, 0, never) == first


def test_a_loss_that_is_not_finite():
    layers = [{"dense": 8}, {"dense": {"units": 10, "activation": "softmax"}}]
    made = spec(mnist(network={"layers": layers}, optimizer={"sgd": 1e30}, tune=SECTION))
    with pytest.raises(Diverged, match="the loss"):
        CrossValidation(made.tune, "accuracy", ComputeConfig()).value(made, 0, never)


def test_a_wish_to_stop():
    made = spec(mnist(tune=SECTION))
    with pytest.raises(Interrupted):
        CrossValidation(made.tune, "accuracy", ComputeConfig()).value(made, 0, lambda: True)


def test_what_is_expected_of_a_run_is_not_expected_of_a_fold():
    made = spec(mnist(train_rows=60, expect={"test": {"loss": 0}}, tune=SECTION))
    assert 0 <= CrossValidation(made.tune, "accuracy", ComputeConfig()).value(made, 0, never) <= 1


def test_a_job_loads_what_it_is_told_to(tmp_path):
    made = spec(mnist(train_rows=60))
    whole = TrainingSession.prepare(made, ComputeConfig())
    half = TrainingSession.prepare(
        made, ComputeConfig(), lambda _: folds.hold_out(raw, np.arange(30))
    )
    assert half.parts.train.rows == half.parts.validation.rows == 30
    assert half.parts.test is None
    assert np.array_equal(half.parts.validation.inputs, whole.parts.train.inputs[:30])
    assert evaluate(half.program, half.parts.validation)["loss"] > 0


raw = folds.tuning_rows(spec(mnist(train_rows=60, tune=SECTION)), spec(mnist(tune=SECTION)).tune)


@pytest.mark.parametrize(("said", "found"), [("3", 3), ("0", None), ("-1", None), ("x", None)])
def test_how_many_threads_a_process_may_use(monkeypatch, said, found):
    monkeypatch.delenv("NNSPEC_THREADS", raising=False)
    there = processors()
    monkeypatch.setenv("NNSPEC_THREADS", said)
    assert processors() == (found or there)
