"""Checkpoints that a run keeps, and the weights of its best epoch."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.main import run as run_command
from nnspec.errors import DataError, RunError, SpecError
from nnspec.runs import atomic_files
from nnspec.runs.checkpoint import read_checkpoint_file
from nnspec.runs.chosen_checkpoint import UnknownCheckpointError
from nnspec.runs.kept_checkpoints import keep_checkpoint, kept_path, kept_steps
from nnspec.runs.listener import RunListener
from nnspec.runs.resume import resume
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.training import loop
from tests.runs.kills import results

SPEC = """
name: kept
data: {source: {rows: {inputs: [[1, 2], [3, 4], [0, 1], [2, 2], [1, 1]], targets: [1, 2, 3, 2, 1]}}}
network: {layers: [{dense: {units: 2, activation: tanh}}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.3}}
metrics: [r2_score]
train: {epochs: 4, batch_size: 1, validation_split: 0.2, seed: 2}
"""
BATCHES = 4
KEEP = "train.checkpoint={every_steps: 3, keep: 2}"
BEST = "train.checkpoint={monitor: val_loss}"


@pytest.fixture(autouse=True)
def chunks(monkeypatch):
    """Chunks of one batch: a border after each of them."""
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def trained(spec, *words, out="runs", listener=None):
    return run(loader.load(spec, words), out=spec.parent / out, listener=listener).run


class Stop(RunListener):
    """Stops after so many batches."""

    def __init__(self, batches):
        self.batches, self.notes = batches, []

    def on_progress(self, progress):
        self.batches -= 1

    def on_note(self, note):
        self.notes.append(note)

    def should_stop(self):
        return self.batches <= 0


def without_links(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.parametrize("linked", [True, False])
def test_the_last_checkpoints_are_kept(spec, monkeypatch, linked):
    if not linked:  # a file system without hard links
        without_links(monkeypatch)
    found = trained(spec, KEEP)
    assert kept_steps(found) == [16, 15]
    is_link = kept_path(found, 16).samefile(found / "checkpoint" / "state.safetensors")
    assert is_link == linked
    assert not list(found.rglob(".*"))[1:]  # the lock alone


def test_a_kept_checkpoint_is_the_training_after_its_steps(spec):
    found = trained(spec, "train.checkpoint={every_steps: 4, keep: 9}")
    assert kept_steps(found) == [16, 12, 8, 4, 0]
    after_two = trained(spec, "train.epochs=2")
    weights = TrainedRun.open(found, checkpoint=8).program.weights()
    for name, weight in TrainedRun.open(after_two).program.weights().items():
        np.testing.assert_array_equal(weights[name], weight)


def test_without_an_interval_checkpoints_are_as_seldom_as_without_keep(spec):
    assert kept_steps(trained(spec, "train.checkpoint={keep: 5}")) == [16, 0]


def test_neither_keep_nor_monitor_changes_a_result(spec):
    plain = results(trained(spec))
    kept = results(trained(spec, "train.checkpoint={keep: 1, monitor: val_loss}", out="kept"))
    assert plain["optimizer"] == kept["optimizer"]
    assert (plain["weights"], plain["history"]) == (kept["weights"], kept["history"])


@pytest.mark.parametrize("batches", [1, 5, 8, 15])
def test_a_run_that_goes_on_keeps_what_a_whole_one_keeps(spec, batches):
    words = ["train.checkpoint={every_steps: 4, keep: 2, monitor: val_r2_score}"]
    whole = trained(spec, *words)
    stopped = trained(spec, *words, out="stopped", listener=Stop(batches))
    resume(stopped)
    assert results(stopped) == results(whole)
    assert results(whole)["kept"] == ["step-12.safetensors", "step-16.safetensors"]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_best_weights_are_those_after_the_best_epoch(spec, mode):
    found = trained(spec, f"train.checkpoint={{monitor: val_loss, mode: {mode}}}")
    report = json.loads((found / "metrics.json").read_text())
    losses = [epoch["validation"]["loss"] for epoch in report["epochs"]]
    best = (np.argmin if mode == "min" else np.argmax)(losses) + 1
    expected = {"monitor": "val_loss", "best_epoch": int(best), "best": losses[best - 1]}
    assert report["best_checkpoint"] == expected
    again = trained(spec, f"train.epochs={best}")
    weights = TrainedRun.open(found, checkpoint="best").program.weights()
    for name, weight in TrainedRun.open(again).program.weights().items():
        np.testing.assert_array_equal(weights[name], weight)


def test_auto_takes_the_direction_of_the_metric(spec):
    of_loss, of_score = (
        json.loads(
            (trained(spec, f"train.checkpoint={{monitor: {name}}}") / "metrics.json").read_text()
        )
        for name in ("loss", "r2_score")
    )
    assert of_loss["best_checkpoint"]["best"] == min(e["loss"] for e in of_loss["epochs"])
    assert of_score["best_checkpoint"]["best"] == max(e["r2_score"] for e in of_score["epochs"])


def test_damaged_best_weights_are_refused(spec):
    found = trained(spec, BEST)
    content = bytearray((found / "best.safetensors").read_bytes())
    content[-1] ^= 1
    (found / "best.safetensors").write_bytes(content)
    with pytest.raises(RunError, match=r"best\.safetensors is damaged or changed: its SHA-256"):
        TrainedRun.open(found, checkpoint="best")
    TrainedRun.open(found)


def test_a_damaged_checkpoint_is_refused(spec):
    found = trained(spec, KEEP)
    kept_path(found, 15).write_bytes(b"x" * 100)
    with pytest.raises(RunError, match=r"step-15\.safetensors is damaged"):
        TrainedRun.open(found, checkpoint=15)


@pytest.mark.parametrize(
    ("words", "name", "message"),
    [
        ([KEEP], 3, "has no checkpoint 3 .there are: 16, 15."),
        ([KEEP], "best", "has no checkpoint 'best' .there are: 16, 15."),
        ([KEEP], True, "has no checkpoint True"),
        (["train.checkpoint={keep: 1, monitor: loss}"], "bset", "'bset' .there are: best, 16."),
        ([], "best", "has no checkpoint 'best' .*keep: 3, monitor: val_loss"),
    ],
)
def test_an_unknown_checkpoint_is_answered_with_those_that_there_are(spec, words, name, message):
    with pytest.raises(UnknownCheckpointError, match=message):
        TrainedRun.open(trained(spec, *words), checkpoint=name)


def test_where_both_newest_ones_are_damaged_a_run_goes_on_from_a_kept_one(spec, monkeypatch):
    without_links(monkeypatch)
    words = ["train.checkpoint={every_steps: 4, keep: 3}"]
    whole = trained(spec, *words)
    found = trained(spec, *words, out="damaged", listener=Stop(15))
    for path in (found / "checkpoint").iterdir():
        if path.name != "step-8.safetensors":
            path.write_bytes(b"damaged")
    told = Stop(100)
    resume(found, listener=told)
    assert "the checkpoint before it is taken" in told.notes[0]
    assert results(found) == results(whole)


def test_checkpoints_of_later_steps_go_where_a_run_goes_on_from_before_them(spec):
    found = trained(spec, KEEP)
    for step in (20, 21):
        kept_path(found, step).write_bytes(b"")
    keep_checkpoint(found, 16, 2)
    assert kept_steps(found) == [16, 15]


def test_a_full_disk_leaves_the_checkpoints_before(spec, monkeypatch, capsys):
    whole = trained(spec, KEEP)
    without_links(monkeypatch)
    write = atomic_files._write_and_sync

    def write_or_fail(path, chunks):
        if "step-9" in path.name:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, chunks)

    monkeypatch.setattr(atomic_files, "_write_and_sync", write_or_fail)
    out = spec.parent / "full"
    assert run_command(["run", str(spec), KEEP, "-o", str(out)]) == 2
    stopped = out / "kept" / "1"
    said = capsys.readouterr().err
    assert f"cannot write {kept_path(stopped, 9)}: No space left on device" in said
    assert f"nnspec resume {stopped}" in said
    assert kept_steps(stopped) == [6, 3]
    assert [read_checkpoint_file(kept_path(stopped, step)).path for step in (6, 3)]
    assert not list(stopped.rglob("*.part"))
    monkeypatch.setattr(atomic_files, "_write_and_sync", write)
    resume(stopped)
    assert results(stopped) == results(whole)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("{}", "write every_steps or every_minutes, keep, or monitor"),
        ("{every_steps: 2, every_minutes: 3}", "write one of every_steps and every_minutes"),
        ("{keep: 0}", "keep"),
        ("{keep: 2, mode: max}", "a mode needs a monitor"),
        ("{monitor: val_los}", "no epoch has the metric 'val_los'; did you mean 'val_loss'"),
        ("{monitor: loss, mode: up}", "mode"),
    ],
)
def test_options_that_do_not_fit_are_refused_at_their_place(spec, option, message):
    with pytest.raises(SpecError, match=rf"command line:1:\d+: error: .*{message}"):
        trained(spec, f"train.checkpoint={option}")


def test_a_metric_of_validation_rows_that_do_not_come_is_refused(tmp_path):
    """Those of a source that may have them, and has none."""
    rows = {"x_train": np.ones((3, 2)), "y_train": np.ones(3)}
    np.savez(tmp_path / "rows.npz", **rows)
    text = SPEC.replace("rows: {", "npz: rows.npz} #").replace(", validation_split: 0.2", "")
    path = tmp_path / "s.yaml"
    path.write_text(text.replace("npz: rows.npz} #", "npz: rows.npz}} #"), encoding="utf-8")
    with pytest.raises((SpecError, DataError), match="val_loss"):
        trained(path, BEST)


@pytest.mark.parametrize("words", [[], ["train.checkpoint={monitor: val_loss, mode: max}"]])
def test_best_weights_that_were_not_kept_are_told_where_a_run_goes_on(spec, words):
    found = trained(spec, *words)
    with pytest.raises(SpecError, match="the weights of the epoch that is best now were not kept"):
        resume(found, ["train.epochs=5", BEST], accept_changes=True)
    assert len(resume(found, ["train.epochs=5"]).epochs) == 5


def test_a_run_that_goes_on_without_a_monitor_has_no_best_weights(spec):
    found = trained(spec, BEST)
    resume(found, ["train.epochs=5", "train.checkpoint=null"])
    with pytest.raises(UnknownCheckpointError, match="has no checkpoint 'best'"):
        TrainedRun.open(found, checkpoint="best")


def test_commands_take_the_weights_of_a_checkpoint(spec, capsys):
    found = str(trained(spec, "train.checkpoint={every_steps: 4, keep: 2, monitor: val_loss}"))

    def told(*words):
        assert run_command([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    best, last = (told("evaluate", found, "--checkpoint", name) for name in ("best", "16"))
    assert (best["checkpoint"], last["checkpoint"]) == ("best", 16)
    assert last["train"] == told("evaluate", found)["train"] != best["train"]
    assert told("predict", found, "train", "--checkpoint", "12")["table"].endswith(
        "predictions-train-checkpoint-12.csv"
    )
    shown = told("weights", found, "--checkpoint", "12")
    assert (shown["epochs"], shown["updates"]) == (3, 12)
    shown = told("weights", found, "--checkpoint", "best")
    epoch = json.loads((Path(found) / "metrics.json").read_text())["best_checkpoint"]["best_epoch"]
    assert (shown["epochs"], shown["updates"]) == (epoch, None)


@pytest.mark.parametrize("words", [["evaluate"], ["weights"], ["predict"]])
def test_an_unknown_checkpoint_is_told_at_the_option(spec, words, capsys):
    found = str(trained(spec, KEEP))
    given = [*words, found, *(["train"] if words == ["predict"] else [])]
    assert run_command([*given, "--checkpoint", "3"]) == 2
    assert "--checkpoint:1:1: error: " in capsys.readouterr().err
    assert run_command([*given, "--checkpoint", "last"]) == 2
    assert "'last' is neither best nor the number of a step" in capsys.readouterr().err
