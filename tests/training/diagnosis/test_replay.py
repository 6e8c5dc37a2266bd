"""The replay of a training: the same updates again, from any restart point."""

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.spec.loader import build
from nnspec.training.diagnosis import restart
from nnspec.training.diagnosis.replay import Replay
from nnspec.training.diagnosis.restart import RestartPoint, RestartPoints
from nnspec.training.loop import DivergenceError, TrainingInterrupt, never_stop, train_epochs
from nnspec.training.session import TrainingSession

X = np.random.default_rng(0).normal(size=(40, 3)).round(3)


def session(**changes):
    source = {"rows": {"inputs": X.tolist(), "targets": X[:, 0].tolist()}}
    layers = [{"dense": {"units": 8, "activation": "relu"}}, {"dropout": 0.3}, {"dense": 1}]
    values = {
        "data": {"source": source}, "network": {"layers": layers}, "loss": "mean_squared_error",
        "optimizer": {"sgd": {"learning_rate": 0.6, "momentum": 0.5}},
        "train": {"epochs": 60, "batch_size": 8},
    } | changes  # fmt: skip
    return TrainingSession.prepare(build(values), ComputeConfig())


def diverged(one, points):
    """The metrics of the whole epochs, and the error of a training that diverges."""
    measured = []

    def on_progress(progress):
        points.update(measured, progress.batch)

    def train():
        given = one.program, one.training, one.spec.train
        measured.extend(e.measured for e in train_epochs(*given, on_progress, never_stop))

    with pytest.raises(DivergenceError) as caught:
        train()
    return measured, caught.value


@pytest.mark.parametrize(("interval", "per_epoch"), [(0.0, None), (1e9, None), (0.0, 3), (1e9, 12)])
def test_the_failing_update_is_the_same_from_any_restart_point(monkeypatch, interval, per_epoch):
    monkeypatch.setattr(restart, "INTERVAL_SECONDS", interval)
    monkeypatch.setattr(restart, "_COST", 0)
    length = {"steps_per_epoch": per_epoch} if per_epoch else {}
    one = session(train={"epochs": 60, "batch_size": 8, **length})
    start = RestartPoints(one.program)
    points = RestartPoints(one.program)
    measured, error = diverged(one, points)
    failing = Replay(one, points.newest, measured, never_stop).failing_update(
        error.epoch, error.update
    )
    again = Replay(one, start.newest, measured, never_stop).failing_update(
        error.epoch, error.update
    )
    assert all(np.isfinite(w).all() for w in failing.weights.values())
    assert failing.state.step == again.state.step
    assert failing.batch.tolist() == again.batch.tolist()
    assert all(np.array_equal(failing.weights[n], again.weights[n]) for n in failing.weights)
    at_error = (error.epoch - 1) * (per_epoch or 5) + error.update - 1
    step = failing.state.step
    (part,) = one.batch_plan.batches(range(step, step + 1))
    assert failing.batch.tolist() == part.batches[0].tolist()
    assert failing.state.step in (at_error, at_error - 1)


def test_a_copy_is_made_when_it_is_due(monkeypatch):
    monkeypatch.setattr(restart, "INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(restart, "_COST", 0)
    one = session()
    points = RestartPoints(one.program)
    points.update([{"loss": 1.0}], 3)
    assert (points.newest.measured, points.newest.batches_done) == (({"loss": 1.0},), 3)
    points.interval = 1e9
    points.update([{"loss": 1.0}], 4)
    assert points.newest.batches_done == 3


def test_spoilt_weights_are_no_restart_point(monkeypatch):
    monkeypatch.setattr(restart, "INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(restart, "_COST", 0)
    one = session()
    points = RestartPoints(one.program)
    one.program.set_weights({n: np.full_like(w, np.nan) for n, w in one.program.weights().items()})
    points.update([], 3)
    assert points.newest.batches_done == 0


def test_large_weights_are_copied_once(monkeypatch):
    monkeypatch.setattr(restart, "INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(restart, "_COST", 0)
    monkeypatch.setattr(restart, "machine_memory", lambda: 1000.0)
    points = RestartPoints(session().program)
    points.update([], 3)
    assert points.newest.batches_done == 0


def test_a_replay_can_be_stopped():
    one = session()
    point = RestartPoint(one.program.weights(), one.program.state())
    with pytest.raises(TrainingInterrupt):
        Replay(one, point, [], lambda: True).failing_update(1, 5)


def test_a_training_that_does_not_fail_again_has_no_failing_update():
    one = session(optimizer="sgd")
    point = RestartPoint(one.program.weights(), one.program.state())
    assert Replay(one, point, [], never_stop).failing_update(1, 5) is None
