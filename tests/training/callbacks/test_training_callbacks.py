"""Callbacks: their columns, what they leave as it is, and what is said of their mistakes."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run as run_command
from nnspec.components.callbacks.learning_rate_monitor import LearningRateMonitor
from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.runs.first_updates_check import check_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.resume import resume
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.spec.callbacks import _ELSEWHERE
from nnspec.training import loop
from nnspec.training.callbacks import training_callbacks
from nnspec.training.callbacks.base import CallbackRule
from tests.runs.kills import results
from tests.runs.test_kept_checkpoints import Stop

SPEC = """
name: called
data: {source: {rows: {inputs: [[1, 2], [3, 4], [0, 1], [2, 2], [1, 1]], targets: [1, 2, 3, 2, 1]}}}
network: {layers: [{dense: {units: 2, activation: tanh}}, {dense: {name: head, units: 1}}]}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.1}}
train:
  epochs: 4
  batch_size: 1
  validation_split: 0.2
  callbacks: [learning_rate_monitor, weight_norm_monitor]
"""
NONE = "train.callbacks=null"
DECAY = "{exponential_decay: {initial_learning_rate: 0.1, decay_steps: 3, decay_rate: 0.5}}"
PLATEAU = "{reduce_on_plateau: {initial_learning_rate: 0.1, patience: 1, min_delta: 9}}"


@pytest.fixture(autouse=True)
def chunks(monkeypatch):
    """Chunks of one batch: a border after each of them."""
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def trained(spec, *words, out="runs", listener=None, **compute):
    loaded = loader.load(spec, words)
    return run(loaded, ComputeConfig(**compute), spec.parent / out, listener)


def column(report, name):
    return [epoch.measured[name] for epoch in report.epochs]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("0.1", [0.1] * 4),
        (DECAY, [0.1 * 0.5 ** ((4 * epoch - 1) / 3) for epoch in (1, 2, 3, 4)]),
        (PLATEAU, [0.1, 0.1, 0.01, 0.001]),
    ],
)
def test_the_learning_rate_is_that_of_the_last_update_of_an_epoch(spec, rate, expected):
    report = trained(spec, f"optimizer.adam.learning_rate={rate}")
    np.testing.assert_allclose(column(report, "learning_rate"), expected, rtol=1e-12)


@pytest.mark.parametrize("freeze", ["null", "[head]"])
def test_norms_are_those_of_the_trained_weights_and_of_their_change(spec, freeze):
    word = f"train.freeze={freeze}"
    report = trained(spec, word)
    states = [
        TrainedRun.open(trained(spec, word, f"train.epochs={n}").run).program.weights()
        for n in range(5)
    ]
    kept = [name for name in states[0] if freeze == "null" or not name.startswith("head")]
    flat = [np.concatenate([np.float64(s[name]).ravel() for name in kept]) for s in states]
    norms = [np.linalg.norm(w) for w in flat[1:]]
    changes = [np.linalg.norm(after - before) for before, after in pairwise(flat)]
    np.testing.assert_allclose(column(report, "weight_norm"), norms, rtol=1e-14)
    np.testing.assert_allclose(column(report, "weight_change"), changes, rtol=1e-14)


@pytest.mark.parametrize("precision", ["float32", "exact"])
def test_to_observe_changes_no_weight_and_no_metric(spec, precision):
    seen, unseen = (trained(spec, *words, precision=precision) for words in ((), (NONE,)))
    assert seen.weights_sha256 == unseen.weights_sha256
    assert [e.metrics for e in seen.epochs] == [e.metrics for e in unseen.epochs]
    assert [e.validation for e in seen.epochs] == [e.validation for e in unseen.epochs]


def test_columns_stand_in_the_history_and_in_json(spec):
    report = trained(spec)
    names = (report.run / "history.csv").read_text().partition("\n")[0].split(",")
    added = ["learning_rate", "weight_norm", "weight_change"]
    assert names == ["epoch", "loss", "val_loss", *added, "seconds"]
    told = json.loads((report.run / "metrics.json").read_text())["epochs"][0]
    assert list(told) == ["epoch", "loss", *added, "seconds", "validation"]


@pytest.mark.parametrize("batches", [1, 4, 6, 11])
def test_a_run_that_goes_on_has_the_columns_of_a_whole_one(spec, batches):
    whole = trained(spec).run
    stopped = trained(spec, out="stopped", listener=Stop(batches)).run
    assert json.loads((stopped / "metrics.json").read_text())["status"] == "interrupted"
    resume(stopped)
    assert results(stopped) == results(whole)


def test_a_column_can_be_monitored(spec):
    words = ["train.early_stopping={monitor: weight_change, patience: 1, mode: max}"]
    report = trained(spec, *words, "train.epochs=30", "train.checkpoint={monitor: weight_norm}")
    changes, norms = column(report, "weight_change"), column(report, "weight_norm")
    assert report.early_stopping.best == max(changes)
    assert len(report.epochs) == 1 + report.early_stopping.best_epoch < 30
    assert report.best_checkpoint.best == min(norms)


def test_a_run_in_memory_has_them_too(spec):
    found = nnspec.run(spec).history
    assert found["weight_norm"] == column(trained(spec), "weight_norm")


@pytest.mark.framework
@pytest.mark.parametrize("backend", ["numpy:reference", "torch", "keras"])
def test_on_every_backend(spec, backend):
    pytest.importorskip(backend.partition(":")[0])
    one, other = (trained(spec, precision="exact", backend=b) for b in ("numpy", backend))
    for name in ("learning_rate", "weight_norm", "weight_change"):
        assert column(one, name) == column(other, name)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.callbacks=[weight_norm_monitor, weight_norm_monitor]"], "is named twice"),
        (["train.callbacks=[weight_norm]"], "'weight_norm'\n.*\n.*'weight_norm_monitor'"),
        (["train.callbacks=[{weight_norm_monitor: {every: 2}}]"], "has no option 'every'"),
        (["train.callbacks=weight_norm_monitor"], "must be a list"),
        (
            ["network.layers.head.units=1",
             "metrics=[{mean_absolute_error: {name: weight_norm}}]"],
            "another column 'weight_norm'",
        ),
        (
            ["network.layers=[{dense: 1}]", "optimizer=least_squares", "train.epochs=1",
             "train.batch_size=all"],
            "least_squares has no learning rate",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_place(spec, words, message):
    with pytest.raises(SpecError, match=rf":\d+:\d+: error: .*{message}"):
        compile_spec(loader.load(spec, words))


@pytest.mark.parametrize(
    "name", [*_ELSEWHERE, "ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN"]
)
def test_what_a_spec_says_elsewhere_is_told_where(spec, name):
    with pytest.raises(SpecError) as caught:
        loader.load(spec, [f"train.callbacks=[weight_norm_monitor, {{{name}: {{patience: 3}}}}]"])
    (problem,) = caught.value.problems
    assert problem.message == f"{name!r} is no callback here"
    assert (problem.where.column, bool(problem.hint)) == (39, True)
    with pytest.raises(SpecError, match="is no callback here"):
        loader.load(spec, [f"train.callbacks=[{name}, nothing]"])


def test_other_callbacks_are_refused_where_epochs_are_done(spec):
    found = trained(spec).run
    with pytest.raises(SpecError, match="the epochs before have the columns of other callbacks"):
        resume(found, ["train.epochs=5", NONE], accept_changes=True)
    assert len(resume(found, ["train.epochs=5"]).epochs) == 5


class Rule(CallbackRule):
    """A rule that does one thing wrong."""

    def __init__(self, wrong):
        self.wrong = wrong

    def on_train_begin(self, program):
        if self.wrong == "begin":
            raise OSError(28, "No space left on device")

    def on_epoch_end(self, epoch):
        if self.wrong == "end":
            raise KeyError("loss")
        return {
            "columns": {"learning_rat": 1.0},
            "number": {"learning_rate": "x"},
            "none": None,
        }.get(self.wrong, {"learning_rate": 1.0})

    def state(self):
        return {"x": [1, 2]} if self.wrong == "state" else {}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("begin", "learning_rate_monitor fails: OSError: "),
        ("end", "learning_rate_monitor fails: KeyError: 'loss'"),
        ("columns", "has the columns learning_rate, and gives 'learning_rat'"),
        ("none", "has the columns learning_rate, and gives none"),
        ("number", "learning_rate_monitor fails: ValueError"),
        ("state", "the state 'x' is no array of float32, float64, int64, uint8"),
    ],
)
def test_a_rule_that_fails_is_told_at_its_place(spec, monkeypatch, capsys, wrong, message):
    monkeypatch.setattr(training_callbacks.RULES, "find", lambda _: lambda _: Rule(wrong))
    word = "train.callbacks=[learning_rate_monitor]"
    out = spec.parent / "wrong"
    assert run_command(["run", str(spec), word, "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "command line:1:18: error: " in said
    assert message in said
    assert json.loads((out / "called" / "1" / "metrics.json").read_text())["status"] == "failed"


def test_one_that_cannot_say_whether_the_training_ends_is_told_at_its_place(spec, monkeypatch):
    def fail(*_):
        raise KeyError("loss")

    monkeypatch.setattr(LearningRateMonitor, "stops", fail)
    with pytest.raises(SpecError, match=r"s.yaml:11:15: error: .* fails: KeyError: 'loss'"):
        trained(spec)


def test_one_that_reads_its_column_is_asked_where_the_training_is_made_again(spec, monkeypatch):
    monkeypatch.setattr(
        LearningRateMonitor, "stops", lambda _, epochs: epochs[-1]["learning_rate"] < 0
    )
    expected = "expect={behaviour: [{shuffled_targets: 0.9}]}"
    words = "data.split={test: 0.2}", "train.validation_split=null", "train.epochs=6"
    done = trained(spec, expected, *words)
    assert done.first_updates.updates == 10
    assert check_first_updates(RunFolder(done.run)).comparison == "same"


def test_a_callback_without_its_rule_is_refused_before_a_folder_is_made(spec, monkeypatch):
    monkeypatch.setattr(training_callbacks.RULES, "modules", {})
    with pytest.raises(SpecError, match="training backend has no rule for the callback"):
        trained(spec)
    assert not (spec.parent / "runs").exists()


def test_runs_are_chosen_and_sorted_by_columns_of_their_last_epoch(spec, capsys):
    found = trained(spec)
    words = ["runs", str(spec.parent / "runs"), "--where", "epoch.weight_norm>0", "--json"]
    assert run_command(words) == 0
    (listed,) = json.loads(capsys.readouterr().out)["runs"]
    assert listed["epoch"] == found.epochs[-1].columns
