"""`nnspec resume` and `nnspec run --resume`, and what is told of an interrupted run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training import loop
from tests.cli.conftest import written
from tests.runs.kills import results
from tests.runs.test_resume import Stop
from tests.small_runs import mnist, rows


@pytest.fixture
def stopped(monkeypatch, small, tmp_path):
    """A run of the small spec that was stopped in its second epoch."""
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)
    folder = run(build(mnist()), out=tmp_path / "runs", listener=Stop(6)).run
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize(
    "words",
    [("resume", "runs/small/1"), ("resume", "runs/small"), ("run", "small.yaml", "--resume")],
)
def test_it_goes_on_in_the_same_folder(nnspec, stopped, words):
    nnspec("run", "small.yaml", "-o", "whole")
    done = nnspec(*words)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert "run runs/small/1" in lines
    assert "goes on after 1 epochs and 2 batches: step 6" in lines
    assert not any(line.startswith("epoch 1/2") for line in lines)
    assert lines[-1].endswith("kept in runs/small/1")
    whole, found = results(stopped.parents[2] / "whole/small/1"), results(stopped)
    assert found == whole


def test_json_has_all_epochs(nnspec, stopped):
    done = nnspec("resume", "runs/small", "train.epochs=3", "--json")
    assert (done.code, len(done.json["epochs"]), done.json["status"]) == (0, 3, "finished")


def test_without_an_unfinished_run_a_new_one_begins(nnspec, small):
    first = nnspec("run", small, "--resume")
    assert (first.code, first.err) == (
        0, "note: there is no run in runs/small that has not ended: a new one begins\n",
    )  # fmt: skip
    assert nnspec("run", small, "--resume").out.splitlines()[-1].endswith("runs/small/2")
    more = nnspec("run", small, "--resume", "train.epochs=3")
    assert more.out.splitlines()[-1].endswith("kept in runs/small/2")
    assert (more.err, more.out.count("epoch 3/3")) == ("", 1)


def test_the_newest_run_that_has_not_ended_is_taken(nnspec, stopped, small):
    nnspec("run", small)
    assert nnspec("resume", "runs/small").out.splitlines()[-1].endswith("kept in runs/small/1")
    done = nnspec("resume", "runs/small")
    assert done.code == 2
    assert "runs/small/2 finished after 2 epochs" in done.err
    assert "train.epochs=4 trains on" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("resume", "runs/smal"), "did you mean"),
        (("resume", "runs"), "is no run folder"),
        (("resume",), "Missing argument"),
        (("resume", "runs/small", "train.epoch=3"), "has no option 'epoch'"),
        (("resume", "runs/small", "--backend", "nonsense"), "nonsense"),
        (
            ("resume", "runs/small", "--precision", "exact"),
            "--precision:1:1: error: the precision is exact",
        ),
        (("resume", "runs/small", "optimizer.sgd.learning_rate=1.0"), "trained with 0.1"),
        (("run", "small.yaml", "--resume", "--seed", "1"), "train.seed is 1, and the"),
        (("run", "small.yaml", "--accept-changes"), "add --resume"),
    ],
)
def test_mistakes_end_with_2_and_change_nothing(nnspec, stopped, words, message):
    before = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
    done = nnspec(*words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err
    assert {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()} == before


def test_how_to_go_on_may_be_given(nnspec, stopped):
    (stopped / "environment.json").unlink()
    assert "environment.json" in nnspec("resume", "runs/small").err
    assert nnspec("verify", "runs/small/1", "--accept", "environment.json").code == 0
    assert "say how to go on: --backend and --precision" in nnspec("resume", "runs/small").err
    options = ("--backend", "numpy:reference", "--precision", "float32")
    assert nnspec("resume", "runs/small", *options).code == 0


def test_changes_are_accepted_where_that_is_said(nnspec, stopped):
    rate = "optimizer.sgd.learning_rate=1.0"
    assert nnspec("resume", "runs/small", rate, "--accept-changes").code == 0


LONG = {
    "data": {"source": {"synthetic": {"function": "sine", "rows": 40}}},
    "network": {"layers": [{"dense": 10}, {"dropout": 0.1}, {"dense": 1}]},
    "loss": "mean_squared_error",
    "optimizer": {"adam": 0.001},
    "metrics": ["r2_score"],
    "train": {"epochs": 10**6, "batch_size": 4, "checkpoint": {"every_steps": 7}},
}


@pytest.fixture
def start(tmp_path):
    """A function that starts a command line in a process of its own."""
    started = []

    def call(*words):
        command = [sys.executable, "-m", "nnspec", *words]
        environment = {**os.environ, "NNSPEC_THREADS": "1"}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()


def wait_for_checkpoint(folder):
    """Wait for the second checkpoint of a run, which is in the middle of its first epoch."""
    until = time.monotonic() + 60
    while not (folder / "checkpoint" / "previous.safetensors").exists():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_stopped_goes_on(nnspec, start, tmp_path, number):
    spec = written(tmp_path, rows() | LONG)
    process = start("run", spec)
    folder = tmp_path / "runs" / "small" / "1"
    wait_for_checkpoint(folder)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    if number == signal.SIGTERM:
        assert (process.returncode, err) == (128 + number, "")
        assert out.splitlines()[-1] == "`nnspec resume runs/small/1` goes on"
    epochs = f"train.epochs={nnspec('weights', 'runs/small', '--json').json['epochs'] + 2}"
    assert nnspec("resume", "runs/small", epochs).code == 0
    nnspec("run", spec, epochs, "-o", "whole")
    assert results(folder) == results(tmp_path / "whole" / "small" / "1")
