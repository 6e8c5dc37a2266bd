"""`train.early_stopping`, against Keras' callback, and in whole runs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.spec.early_stopping import EarlyStopping
from nnspec.training.session import TrainingSession
from tests.small_runs import named, spec

LOSSES = [5.0, 4.0, 3.0, 3.5, 2.9, 3.0, 3.1, 1.0]


def stopping(**options):
    return EarlyStopping(**options).bind({"loss": True, "accuracy": False})


def stops_after(options, values, name="loss"):
    """The number of epochs, and the best one, of a training that would have these values."""
    for count in range(1, len(values) + 1):
        state = options.after([{name: value} for value in values[:count]])
        if state.stops:
            return count, state.best_epoch
    return len(values), state.best_epoch


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patience": 2}, (7, 5)),
        ({"patience": 1}, (4, 3)),
        ({"patience": 0}, (4, 3)),
        ({"patience": 4}, (8, 8)),
        ({"patience": 2, "min_delta": 0.5}, (5, 3)),
        ({"patience": 1, "start_from_epoch": 5}, (7, 6)),
        ({"patience": 2, "mode": "max"}, (3, 1)),
        ({"patience": None, "stopping_threshold": 3.0}, (3, 3)),
        ({"patience": None, "stopping_threshold": 2.0}, (8, 8)),
        ({"patience": None, "stopping_threshold": 0.5}, (8, 8)),
        ({"patience": 1, "stopping_threshold": 1.0}, (4, 3)),
        ({"patience": None, "stopping_threshold": 4.5, "start_from_epoch": 2}, (3, 3)),
        ({"patience": None, "stopping_threshold": 4.5, "mode": "max"}, (1, 1)),
    ],
)
def test_by_hand(options, expected):
    assert stops_after(stopping(**options), LOSSES) == expected


def test_a_metric_that_grows_is_best_where_it_is_highest():
    assert stops_after(stopping(monitor="accuracy", patience=1), [1, 3, 2, 4], "accuracy") == (3, 2)


@pytest.mark.framework
@pytest.mark.parametrize("seed", range(30))
def test_as_keras(seed):
    callbacks = pytest.importorskip("keras").callbacks
    draw = np.random.default_rng(seed)
    options = {
        "patience": int(draw.integers(0, 4)), "min_delta": float(draw.choice([0.0, 0.1])),
        "mode": str(draw.choice(["min", "max"])), "start_from_epoch": int(draw.integers(0, 4)),
    }  # fmt: skip
    values = draw.uniform(size=20).tolist()
    theirs = callbacks.EarlyStopping("loss", **options)
    theirs.set_model(SimpleNamespace(stop_training=False))
    theirs.on_train_begin()
    for epoch, value in enumerate(values):
        theirs.on_epoch_end(epoch, {"loss": value})
        if theirs.model.stop_training:
            break
    assert stops_after(stopping(**options), values) == (epoch + 1, theirs.best_epoch + 1)


def values(**options):
    """A spec whose loss soon grows: the learning rate is too large."""
    train = {"epochs": 30, "batch_size": 2, "validation_split": 0.4, "early_stopping": options}
    return named(optimizer={"adam": {"learning_rate": 0.5}}, train=train)


@pytest.mark.parametrize("precision", ["float64", "exact"])
def test_the_weights_of_the_best_epoch_are_those_of_a_run_of_so_many_epochs(tmp_path, precision):
    compute = ComputeConfig(precision=precision)
    report = run(spec(values(patience=2, restore_best=True)), compute, tmp_path)
    stop = report.early_stopping
    assert stop.stopped
    assert stop.best_epoch + 2 == len(report.epochs) < 30
    losses = [epoch.validation["loss"] for epoch in report.epochs]
    assert stop.best == min(losses) == losses[stop.best_epoch - 1]
    short = values()
    short["train"] = {"epochs": stop.best_epoch, "batch_size": 2, "validation_split": 0.4}
    assert run(spec(short), compute, tmp_path).weights_sha256 == report.weights_sha256
    weights = TrainedRun.open(report.run, compute).program.weights()
    kept = TrainedRun.open(tmp_path / report.run.parent.name / "2", compute).program.weights()
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, kept[name])


def test_without_restore_the_weights_are_the_last_ones(tmp_path):
    report = run(spec(values(patience=2)), out=tmp_path)
    whole = values()
    whole["train"] = {"epochs": len(report.epochs), "batch_size": 2, "validation_split": 0.4}
    assert run(spec(whole), out=tmp_path).weights_sha256 == report.weights_sha256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{monitor: val_acc}", r"yaml:5:\d+: error: no epoch has the metric 'val_acc'"),
        ("{monitor: val_loss}", r"yaml:5:\d+: error: no epoch has the metric 'val_loss'"),
        ("{patience: null}", r"yaml:5:\d+: error: .*patience: null needs a stopping_threshold"),
        ("{patience: -1}", r"yaml:5:\d+: error: .*patience must be at least 0"),
        ("{patiences: 1}", r"yaml:5:\d+: error: .*'patiences'"),
    ],
)
def test_mistakes_are_located(tmp_path, options, message):
    path = tmp_path / "s.yaml"
    path.write_text(f"""
data: {{source: {{rows: {{inputs: [[1], [2]], targets: [1, 2]}}}}}}
network: {{layers: [{{dense: 1}}]}}
loss: mean_squared_error
train: {{early_stopping: {options}}}
optimizer: sgd
""")
    with pytest.raises(SpecError, match=message):
        TrainingSession.prepare(loader.load(path))


def test_moving_averages_and_the_best_weights_exclude_each_other():
    given = values(restore_best=True) | {"optimizer": {"adam": {"use_ema": True}}}
    with pytest.raises(SpecError, match="the weights at the end are the averages"):
        TrainingSession.prepare(spec(given))
