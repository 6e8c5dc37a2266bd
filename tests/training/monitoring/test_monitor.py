"""What is told before and during a training: first loss, costs, a loss that rises or rests."""

import re
from math import log

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.runs.listener import RunListener
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.memory_check import MemoryNeed
from nnspec.training.monitoring import preflight
from nnspec.training.monitoring.initial_loss import InitialLoss
from nnspec.training.monitoring.monitor import TrainingMonitor
from nnspec.training.monitoring.preflight import DurationEstimate, Preflight
from nnspec.training.session import TrainingSession
from tests.progress import position
from tests.small_runs import mnist

X = np.random.default_rng(0).normal(size=(64, 3)).round(3)
Y = X[:, 0] - X[:, 1] ** 2
Y = (Y - Y.mean()).round(3)  # so that a bias has nothing to learn


class Listener(RunListener):
    def __init__(self):
        self.told, self.preflights = [], []

    def on_advice(self, advice):
        self.told.append(advice)

    def on_preflight(self, preflight):
        self.preflights.append(preflight)


def regression(layers=({"dense": {"units": 8, "activation": "tanh"}}, {"dense": 1}), **changes):
    source = {"rows": {"inputs": X.tolist(), "targets": Y.tolist()}}
    values = {
        "data": {"source": source}, "network": {"layers": list(layers)},
        "loss": "mean_squared_error", "optimizer": {"sgd": 0.01},
        "train": {"epochs": 12, "batch_size": 8},
    }  # fmt: skip
    return values | changes


def trained(values, tmp_path, **compute):
    listener = Listener()
    report = run(build(values), ComputeConfig(**compute), tmp_path, listener)
    return report, {advice.code: advice.message for advice in listener.told}


def relu(bias):
    return {"dense": {"units": 8, "activation": "relu", "bias_initializer": {"constant": bias}}}


def test_a_training_that_has_reached_its_minimum_gets_no_advice(tmp_path):
    """Descent to a mean halves the error in each step: in the end all gradients are 0."""
    source = {"rows": {"inputs": [[0], [0], [0]], "targets": [1, 2, 6]}}
    changes = {
        "data": {"source": source}, "loss": "half_squared_error", "optimizer": {"sgd": 0.5},
        "train": {"epochs": 200, "batch_size": "all"},
    }  # fmt: skip
    values = regression([{"dense": 1}], **changes)
    report, told = trained(values, tmp_path)
    assert report.epochs[-1].metrics["loss"] == pytest.approx(7 / 3)
    assert told == {}


def test_a_training_that_learns_gets_no_advice(tmp_path):
    report, told = trained(regression(), tmp_path)
    assert told == {}
    assert report.plain()["preflight"]["loss"] == pytest.approx(report.preflight.initial.loss)


RESTING = {
    "a dead relu": (regression([relu(-100), {"dense": 1}]), "dense gives 0 in each row"),
    "a layer that only float64 holds": (
        regression([{"rescaling": 1e25}, "layer_normalization", {"dense": 1}]),
        "layer_normalization gives the same numbers in each row in float32, and not in float64",
    ),
    "a step function": (
        regression([{"dense": 8}, "heaviside", {"dense": {"units": 1, "trainable": False}}]),
        "the gradient of each weight is 0",
    ),
    "lost steps": (regression(optimizer={"sgd": 1e-12}), "each weight by less than rounding"),
    "small steps": (
        regression(optimizer={"sgd": 1e-12}), "each weight by [0-9.e-]+ of itself at most",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RESTING)
def test_the_reason_of_a_loss_that_rests_is_told(tmp_path, name):
    values, said = RESTING[name]
    precision = "float64" if name == "small steps" else "float32"
    _, told = trained(values, tmp_path, precision=precision)
    assert list(told) == ["constant-loss"]
    assert re.search(said, told["constant-loss"])


FULL = {"epochs": 80, "batch_size": "all"}


def test_a_training_that_has_converged_gets_no_advice(tmp_path):
    values = regression([{"dense": 1}], optimizer={"sgd": 0.1}, train=FULL)
    report, told = trained(values, tmp_path)
    assert told == {}
    last, before = (epoch.metrics["loss"] for epoch in report.epochs[:-3:-1])
    assert last == pytest.approx(before, rel=1e-3)


def test_a_loss_far_above_its_start_is_told_once(tmp_path):
    report, told = trained(regression(optimizer={"adam": {"learning_rate": 1e3}}), tmp_path)
    assert report.status == "finished"
    assert list(told) == ["rising-loss"]
    assert "times that at the start" in told["rising-loss"]


def test_a_loss_that_row_weights_make_large_is_not_told(tmp_path):
    weighted = {"class_weight": {"0": 1000.0, **{str(n): 1.0 for n in range(1, 10)}}}
    report, told = trained(mnist(train={"epochs": 20, **weighted}), tmp_path)
    assert report.epochs[-1].metrics["loss"] > 0
    assert "rising-loss" not in told


@pytest.mark.parametrize("code", ["rising-loss", "constant-loss", "initial-loss"])
def test_advice_can_be_silenced(tmp_path, code):
    values = {
        "rising-loss": regression(optimizer={"adam": {"learning_rate": 1e3}}),
        "constant-loss": regression([relu(-100), {"dense": 1}]),
        "initial-loss": shifted(),
    }[code]
    assert code in trained(values, tmp_path)[1]
    assert trained(values | {"silence": [code]}, tmp_path)[1] == {}


def shifted():
    source = {"rows": {"inputs": X.tolist(), "targets": (Y + 50).tolist()}}
    return regression(data={"source": source}, train={"epochs": 1})


def test_targets_far_from_0_are_told_before_the_first_update(tmp_path):
    report, told = trained(shifted(), tmp_path)
    assert "that of predicting the mean of the targets is" in told["initial-loss"]
    assert report.preflight.initial.reference == pytest.approx(Y.var(), rel=1e-3)


def test_the_first_loss_of_a_classifier_is_about_that_of_a_guess(tmp_path):
    report, told = trained(mnist(train={"epochs": 1}), tmp_path)
    found = report.preflight.initial
    assert found.reference == pytest.approx(log(10))
    assert found.loss == pytest.approx(log(10), rel=0.2)
    assert told == {}
    unscaled = mnist(train={"epochs": 1}) | {"silence": ["unscaled-inputs"]}
    unscaled["data"]["inputs"] = ["flatten", {"cast": "float32"}]
    assert next(iter(trained(unscaled, tmp_path)[1])) == "initial-loss"


def test_the_duration_is_extrapolated_from_updates_after_the_first_chunk(monkeypatch):
    clock = iter([100.0, 100.1, 102.0])
    monkeypatch.setattr(preflight.time, "perf_counter", lambda: next(clock))
    estimate = DurationEstimate()
    assert estimate.seconds(position(1, 10, 100, {}, 5)) is None
    assert estimate.seconds(position(1, 12, 100, {}, 5)) is None
    assert estimate.seconds(position(1, 30, 100, {}, 5)) == pytest.approx(2 / 20 * 500)


def test_the_duration_of_a_training_that_goes_on_is_that_of_its_rest(monkeypatch):
    clock = iter([100.0, 102.0])
    monkeypatch.setattr(preflight.time, "perf_counter", lambda: next(clock))
    estimate = DurationEstimate(done=360)
    assert estimate.seconds(position(4, 70, 100, {}, 5)) is None
    assert estimate.seconds(position(4, 90, 100, {}, 5)) == pytest.approx(2 / 20 * 140)


def test_losses_of_a_training_that_goes_on_are_compared_with_those_before():
    session = TrainingSession.prepare(build(regression()))
    before = TrainingHistory([Epoch(n, {"loss": loss}, 1.0) for n, loss in ((1, 0.5), (2, 0.1))])
    told = []
    monitor = TrainingMonitor(session, ComputeConfig(), before, told.append, lambda _: None)
    monitor.begin()
    monitor.on_progress(position(9, 8, 8, {"loss": 4.9}))
    assert told == []
    monitor.on_progress(position(9, 8, 8, {"loss": 5.1}))
    assert [advice.code for advice in told] == ["rising-loss"]
    assert monitor.points.newest.measured == ({"loss": 0.5}, {"loss": 0.1})
    assert monitor.estimate.done == 2 * session.batch_plan.steps_per_pass


def test_the_line_of_a_long_training_has_duration_memory_and_first_loss():
    need = MemoryNeed(2_000_000_000, "dense", (), 1_000_000_000)
    known = Preflight(InitialLoss(2.5, log(10), "ln 10, of a guess,"), need, 7200.0)
    said = "about 2.0 h, at least 2 GB of memory; the loss starts at 2.5"
    assert str(known) == f"{said} (ln 10, of a guess, 2.303)"


def test_a_training_that_is_expected_to_take_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(DurationEstimate, "seconds", lambda *_: 11.0)
    listener = Listener()
    run(build(regression()), ComputeConfig(), tmp_path, listener)
    (told,) = listener.preflights
    assert told.plain()["expected_seconds"] == 11.0


def test_the_memory_is_that_of_weights_slots_and_activations(tmp_path):
    report, _ = trained(
        regression(optimizer="adam", train={"epochs": 1, "batch_size": 8}), tmp_path
    )
    weights = sum(w.size for _, w in compile_spec(build(regression(X_SHAPE))).weights())
    activations = 8 + 8 + 1  # dense, tanh, dense
    assert report.preflight.memory.total == 4 * (weights * 7 + 8 * activations)
    assert report.preflight.memory.layer == "dense"


X_SHAPE = ({"dense": {"units": 8, "activation": "tanh"}}, {"dense": 1})
