"""A run that its time budget ends: what it says of it, and how it is made again."""

from __future__ import annotations

import json
from itertools import count

import pytest

from nnspec.api.run import open as open_run
from nnspec.cli.training import _closing
from nnspec.compute import ComputeConfig
from nnspec.errors import RunError
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.reproduction import reproduce
from nnspec.runs.resume import resume
from nnspec.runs.trainer import run
from nnspec.runs.unfinished import unfinished_run
from nnspec.spec.loader import build
from nnspec.training import loop
from nnspec.training.stopwatch import Stopwatch
from tests.runs.kills import results
from tests.small_runs import rows

FIVE = {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]], "targets": [0, 1, 1, 0, 1]}
LAYERS = [{"dropout": 0.3}, {"dense": {"units": 1, "activation": "sigmoid"}}]


def spec(network=LAYERS, expect=None, **options):
    """Batches of two of five rows: three in a pass."""
    values = rows(FIVE, network={"layers": network}, optimizer="adam")
    train = {"epochs": 50, "batch_size": 2, **options}
    return build({**values, "train": train, **({"expect": expect} if expect else {})})


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    """A clock that goes on by a second each time it is read, and chunks of one batch."""

    def stopwatch(before):
        return Stopwatch(before, count(1).__next__)

    monkeypatch.setattr(loop, "Stopwatch", stopwatch)
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


def test_the_report_says_what_ended_the_training(tmp_path):
    report = run(spec(time_budget=4.5), out=tmp_path)
    recorded = json.loads((report.run / "metrics.json").read_text())
    assert recorded["status"] == "finished"
    assert recorded["training"] == {
        "steps": 5, "steps_per_epoch": 3, "ended_by": "time_budget", "time_budget": 4.5,
    }  # fmt: skip
    ended = "the time budget of 4.5 s ended the training in epoch 2, after 5 steps"
    assert _closing(report).splitlines()[1] == ended
    told = "finished after 2 epochs (5 steps): its time budget was used up"
    assert str(RunFolder(report.run).ending()) == told
    assert open_run(report.run).stopped


@pytest.mark.parametrize(
    ("options", "ended"),
    [({"epochs": 2}, "epochs"), ({"epochs": None, "steps": 2}, "steps")],
)
def test_a_budget_that_is_not_used_up_is_not_told_of(tmp_path, options, ended):
    report = run(spec(time_budget=99.0, **options), out=tmp_path)
    assert report.plain()["training"]["ended_by"] == ended
    assert "time budget" not in _closing(report)
    assert not open_run(report.run).stopped


def test_early_stopping_of_such_a_run_is_told_too(tmp_path):
    stopping = {"monitor": "loss", "patience": 9, "restore_best": True}
    report = run(spec(time_budget=4.5, early_stopping=stopping), out=tmp_path)
    assert report.early_stopping.restored
    assert "after 5 steps; loss was best after epoch" in _closing(report)


@pytest.mark.parametrize("options", [{}, {"steps_per_epoch": 2}])
def test_so_many_steps_make_the_same_run(tmp_path, options):
    limited = run(spec(time_budget=4.5, **options), out=tmp_path / "limited")
    same = run(spec(epochs=None, steps=5, **options), out=tmp_path / "same")
    assert limited.weights_sha256 == same.weights_sha256
    found, expected = results(limited.run), results(same.run)
    assert found.pop("report")["epochs"] == expected.pop("report")["epochs"]
    assert found == expected


def test_it_is_reproduced_by_as_many_steps(tmp_path, monkeypatch):
    folder = RunFolder(run(spec(time_budget=4.5), out=tmp_path).run)
    monkeypatch.setattr(loop, "Stopwatch", Stopwatch)  # of a machine on which a step takes no time
    found = reproduce(folder, ComputeConfig(), tmp_path / "again", RunListener())
    assert found.verdict == "bit-identical"
    assert json.loads((found.again / "metrics.json").read_text())["training"]["steps"] == 5


def test_one_that_has_all_its_epochs_is_reproduced_without_a_budget(tmp_path, monkeypatch):
    folder = RunFolder(run(spec(epochs=2, time_budget=99.0), out=tmp_path).run)
    slow = lambda before: Stopwatch(before, count(1, 98).__next__)  # noqa: E731
    monkeypatch.setattr(loop, "Stopwatch", slow)
    found = reproduce(folder, ComputeConfig(), tmp_path / "again", RunListener())
    assert found.verdict == "bit-identical"


class Stop(RunListener):
    """Stops after some updates."""

    def __init__(self, after):
        self.after = after

    def should_stop(self):
        self.after -= 1
        return self.after < 0


@pytest.mark.parametrize("after", [2, 4, 7])  # updates, or in the evaluation
def test_the_budget_is_that_of_all_sittings(tmp_path, after):
    whole = run(spec(time_budget=6.5), out=tmp_path / "whole")
    stopped = run(spec(time_budget=6.5), out=tmp_path / "parts", listener=Stop(after))
    assert stopped.interrupted
    assert resume(stopped.run).length.steps == whole.length.steps == 7
    assert results(stopped.run) == results(whole.run)


def test_it_goes_on_with_a_larger_budget(tmp_path):
    whole = run(spec(time_budget=7.5), out=tmp_path / "whole")
    made = run(spec(time_budget=4.5), out=tmp_path / "parts").run
    assert unfinished_run(spec(time_budget=4.5), tmp_path / "parts") is None
    assert unfinished_run(spec(time_budget=7.5), tmp_path / "parts") == made
    with pytest.raises(RunError, match=r"its time budget was used up") as error:
        resume(made)
    assert "train.time_budget=9 trains on" in str(error.value)
    resume(made, ["train.time_budget=7.5"])
    assert results(made) == results(whole.run)


def test_weights_that_are_expected_at_the_end_are_not_compared(tmp_path):
    dense = LAYERS[1:]
    expected = {"weights_sha256": "0" * 64}
    limited = spec(dense, expected, time_budget=4.5)
    report = run(limited, ComputeConfig(precision="exact"), tmp_path)
    (found,) = report.expectations
    assert (found.met, found.detail) == (None, "its time budget ended the training")
    after = {"weights_sha256": {"updates": 7, "value": "0" * 64}}
    (found,) = run(
        spec(dense, after, time_budget=4.5), ComputeConfig(precision="exact"), tmp_path
    ).expectations
    assert found.met is False
