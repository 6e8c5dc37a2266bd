"""The first updates of a run: recorded, kept when it goes on, and made again."""

from __future__ import annotations

import json

import pytest

from nnspec.compute import ComputeConfig
from nnspec.runs.diverged_error import DivergedError
from nnspec.runs.first_updates import FirstUpdates, recorded_first_updates
from nnspec.runs.first_updates_check import check_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.resume import resume
from nnspec.runs.trainer import run
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec import loader
from nnspec.training.first_updates import weights_after
from nnspec.training.session import TrainingSession
from tests.runs.dropout_run import SPEC, write_rows
from tests.runs.kills import Killed
from tests.small_runs import change_file


@pytest.fixture
def folder(tmp_path):
    """A folder with a spec of 15 updates, and its rows."""
    write_rows(tmp_path)
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def train(folder, *words, listener=None, precision="float32"):
    """The folder of a run, also of one that diverges."""
    spec = loader.load(folder / "s.yaml", words)
    out = folder / "runs"
    try:
        return RunFolder(run(spec, ComputeConfig(precision=precision), out, listener).run)
    except DivergedError:
        return RunFolder(out / "small" / "1")


def expected(folder, updates, *words):
    """The weights after so many updates, made one by one without a run."""
    session = TrainingSession.prepare(loader.load(folder / "s.yaml", words))
    weights = weights_after(session, ComputeConfig(seed=5), updates)
    return FirstUpdates(updates, weights_sha256(weights))


class StopAfter(RunListener):
    """Stops when so many updates are made."""

    def __init__(self, updates):
        self.updates, self.made = updates, 0

    def on_progress(self, progress):
        self.made = (progress.epoch - 1) * progress.batches + progress.batch

    def should_stop(self):
        return self.made >= self.updates


ONE_A_EPOCH = "train={epochs: 30, batch_size: all, seed: 5, validation_split: 0.2, early_stopping: "


@pytest.mark.parametrize(
    ("words", "updates"),
    [
        ([], 10), (["train.epochs=1"], 5), (["train.checkpoint.every_steps=4"], 10),
        (["train.epochs=1", "optimizer.adam.use_ema=true"], 5),
        ([ONE_A_EPOCH + "{patience: 1, min_delta: 100, restore_best: true}}"], 2),
    ],
)  # fmt: skip
def test_a_run_records_the_weights_after_ten_updates_or_all(folder, words, updates):
    done = train(folder, *words)
    assert recorded_first_updates(done) == expected(folder, updates, *words)
    assert check_first_updates(done).comparison == "same"
    assert json.loads((done.path / "metrics.json").read_text())["epochs"]


def test_no_epochs_have_none(folder):
    assert check_first_updates(train(folder, "train.epochs=0")).comparison == "not recorded"


@pytest.mark.parametrize("updates", [4, 10, 12])
def test_a_run_that_goes_on_has_those_of_the_whole(folder, updates):
    done = train(folder, listener=StopAfter(updates))
    found = recorded_first_updates(done)
    assert found == (expected(folder, 10) if updates >= 10 else None)
    resume(done.path, ["train.epochs=6"])
    assert recorded_first_updates(done) == expected(folder, 10)


def test_a_run_that_was_killed_keeps_them(folder, monkeypatch):
    class Kill(StopAfter):
        def should_stop(self):
            if super().should_stop():
                raise Killed
            return False

    monkeypatch.setattr("nnspec.runs.training_run.write_failure", lambda *_: None)
    with pytest.raises(Killed):
        train(folder, listener=Kill(11))
    killed = RunFolder(folder / "runs" / "small" / "1")
    assert killed.ending().status == "running"
    assert recorded_first_updates(killed) == expected(folder, 10)
    resume(killed.path)
    assert recorded_first_updates(killed) == expected(folder, 10)


def test_a_shorter_run_that_trains_on_has_ten(folder):
    done = train(folder, "train.epochs=1")
    resume(done.path, ["train.epochs=4"])
    assert recorded_first_updates(done) == expected(folder, 10)


def test_a_run_that_diverges_has_them(folder):
    words = ["optimizer={sgd: 30}", "network.layers=[{dense: 1}]", "train.epochs=90"]
    done = train(folder, *words)
    assert done.ending().status == "diverged"
    assert recorded_first_updates(done) == expected(folder, 10, *words)
    assert check_first_updates(done).comparison == "same"


def test_weights_of_another_run_to_start_from(folder):
    base = train(folder, "name=base")
    done = train(folder, f"train.initial_weights={base.path}")
    assert check_first_updates(done).comparison == "same"
    other = train(folder, "name=base", "train.seed=6")
    change_file(base.path, "weights.safetensors", (other.path / "weights.safetensors").read_bytes())
    found = check_first_updates(done)
    assert (found.comparison, list(found.causes)) == ("different", ["initial_weights"])


def test_changed_data_and_versions_are_named(folder):
    done = train(folder)
    values = done.environment()
    change_file(done.path, "environment.json", json.dumps({**values, "numpy": "1.0"}))
    assert check_first_updates(done).comparison == "same"  # the bits do not depend on it
    write_rows(folder, scale=2.0)
    found = check_first_updates(done)
    assert (found.comparison, found.weights_sha256) == ("different", None)
    assert set(found.causes) == {"data_sha256", "numpy"}
    (folder / "rows.npz").unlink()
    found = check_first_updates(done)
    assert (found.comparison, "there is no file" in found.reason) == ("not replayed", True)


def test_an_edited_spec_and_a_change_on_the_way_are_named(folder):
    done = train(folder, listener=StopAfter(7))
    resume(done.path, ["optimizer.adam.learning_rate=0.5"], accept_changes=True)
    found = check_first_updates(done)
    assert (found.comparison, found.changes) == (
        "different", ("optimizer.adam.learning_rate was 0.05",),
    )  # fmt: skip
    text = (done.path / "spec.yaml").read_text().replace("batch_size: 4", "batch_size: 5")
    change_file(done.path, "spec.yaml", text)
    assert check_first_updates(done).causes == {"train.batch_size": ("4", "5")}


def test_an_unknown_backend_is_told(folder):
    done = train(folder)
    values = {**done.environment(), "backend": "abacus"}
    change_file(done.path, "environment.json", json.dumps(values))
    found = check_first_updates(done)
    assert (found.comparison, "abacus" in found.reason) == ("not replayed", True)
