"""Runs that go on: to the bits of a whole run, and with what may and may not have changed."""

from __future__ import annotations

import errno
import json
import shutil

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, NnspecError, RunError, SpecError
from nnspec.runs import atomic_files
from nnspec.runs.diverged_error import DivergedError
from nnspec.runs.ending import read_ending
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.resume import resume
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.runs.unfinished import unfinished_run
from nnspec.spec import loader
from nnspec.training import loop
from tests.runs.kills import results

SPEC = """
name: small
data:
  source: {npz: rows.npz}
  inputs: [standardize]
network: {layers: [{dense: {units: 4, activation: tanh}}, {dropout: 0.3}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.05}}
metrics: [r2_score, mean_absolute_error]
train: {epochs: 3, batch_size: 4, validation_split: 0.2, seed: 5}
"""
BATCHES = 4  # 16 rows


@pytest.fixture(autouse=True)
def chunks(monkeypatch):
    """Chunks of one batch: a border after each of them."""
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


@pytest.fixture
def folder(tmp_path):
    """A folder with a spec and its rows."""
    write_rows(tmp_path)
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def write_rows(folder, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, 3))
    np.savez(folder / "rows.npz", x_train=x, y_train=x @ [1.0, -2.0, 0.5], x_test=x, y_test=x[:, 0])


class Stop(RunListener):
    """Stops at the n-th question, and keeps what it is told."""

    def __init__(self, after=10**9):
        self.after, self.notes, self.position = after, [], None
        self.advice = []

    def should_stop(self):
        self.after -= 1
        return self.after < 0

    def on_note(self, note):
        self.notes.append(note)

    def on_advice(self, advice):
        self.advice.append(advice)

    def on_resume(self, position):
        self.position = position


def trained(folder, *overrides, after=10**9, out="runs"):
    """The run folder of the spec, interrupted at the n-th question; an answer a batch."""
    spec = loader.load(folder / "s.yaml", overrides)
    return run(spec, ComputeConfig(), folder / out, Stop(after)).run


def content(run):
    """The bytes of all files of a run."""
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.mark.parametrize("after", [3, BATCHES, 3 * BATCHES + 2, 3 * BATCHES + 4])
def test_an_interrupted_run_ends_as_a_whole_one(folder, after):
    """Interrupts within an epoch, in its validation, and in the evaluation at the end."""
    whole, stopped = trained(folder), trained(folder, after=after)
    assert json.loads((stopped / "metrics.json").read_text())["status"] == "interrupted"
    report = resume(stopped)
    assert report.run == stopped
    assert results(stopped) == results(whole)


def test_it_can_be_interrupted_again_and_again(folder):
    whole, stopped = trained(folder), trained(folder, after=2)
    for after in (1, 1, 7):  # the validation of an epoch asks too
        assert resume(stopped, listener=Stop(after)).interrupted
    told = Stop()
    resume(stopped, listener=told)
    assert told.position == (2, 1, 9)
    assert results(stopped) == results(whole)


def test_a_finished_run_trains_on_with_more_epochs(folder):
    whole = trained(folder, "train.epochs=5")
    run = trained(folder)
    resume(run, ["train.epochs=5"])
    assert results(run) == results(whole)
    assert TrainedRun.open(run).spec.train.epochs == 5


def test_moving_averages_become_the_weights_once_training_has_ended(folder):
    ema = "optimizer.adam.use_ema=true"
    whole, run = trained(folder, ema, "train.epochs=4"), trained(folder, ema)
    resume(run, ["train.epochs=4"])
    assert results(run) == results(whole)


def test_a_closed_form_goes_on(folder):
    linear = (
        "optimizer=least_squares", "network.layers=[{dense: 1}]",
        "train={batch_size: all, validation_split: 0.2}",
    )  # fmt: skip
    whole = results(trained(folder, *linear))
    for after in range(4):  # before its only update, in the validation, and in the evaluation
        stopped = trained(folder, *linear, after=after)
        resume(stopped)
        assert results(stopped) == whole


def test_streamed_rows_that_are_done_are_not_read_again(folder, monkeypatch):
    monkeypatch.setenv("NNSPEC_CACHE", str(folder / "cache"))
    lines = [f"{a},{a * a % 7}" for a in range(90)]
    (folder / "t.csv").write_text("\n".join(["a,y", *lines]) + "\n", encoding="utf-8")
    spec = folder / "s.yaml"
    spec.write_text(
        "name: small\n"
        "data: {source: {csv: t.csv}, inputs: [{columns: a, steps: [standardize]}], "
        "targets: {columns: y}, stream: true}\n"
        "network: {layers: [{dense: 3}, {dense: 1}]}\nloss: mean_squared_error\n"
        "optimizer: {sgd: {learning_rate: 0.001, momentum: 0.9}}\n"
        "train: {epochs: 2, batch_size: 10, shuffle_window: 40}\n",
        encoding="utf-8",
    )
    whole, stopped = trained(folder), trained(folder, after=9 + 4)
    asked = []
    expect = loop.row_upload
    monkeypatch.setattr(loop, "row_upload", lambda *args: Spied(expect(*args), asked))
    resume(stopped)
    assert results(stopped) == results(whole)
    assert len(asked[0]) == 9 - 4  # those after it are of the evaluation


class Spied:
    """An upload that notes which batches of an epoch it is to read ahead."""

    def __init__(self, upload, asked):
        self.given, self.asked, self.rows = upload, asked, upload.rows

    def expect(self, batches):
        self.asked.append(batches)
        self.given.expect(batches)

    def upload(self, batches, epoch=0):
        return self.given.upload(batches, epoch)


def test_what_has_changed_is_an_error_at_its_place(folder):
    stopped = trained(folder, after=6)
    before = content(stopped)
    with pytest.raises(SpecError) as caught:
        resume(stopped, ["optimizer.adam.learning_rate=0.1", "train.batch_size=5"])
    first, second = sorted(caught.value.problems, key=lambda problem: problem.message)
    assert first.message == (
        "optimizer.adam.learning_rate is 0.1, and the checkpoint was trained with 0.05"
    )
    assert second.message == "train.batch_size is 5, and the checkpoint was trained with 4"
    assert first.where.document.text == "optimizer.adam.learning_rate=0.1"
    assert first.hint == "--accept-changes goes on with it"
    assert content(stopped) == before


def test_an_accepted_change_goes_on_with_it(folder):
    run = trained(folder, "train.epochs=2")
    resume(run, ["optimizer.adam.learning_rate=0.01", "train.epochs=3"], accept_changes=True)
    whole = trained(folder)
    rows, others = (results(one)["history"] for one in (run, whole))
    assert rows[:3] == others[:3]
    assert rows[3] != others[3]
    (entry,) = json.loads((run / "environment.json").read_text())["resumed"]
    assert entry["changes"] == {"optimizer.adam.learning_rate": ["0.05", "0.01"]}
    assert (entry["epochs"], entry["batches"], entry["step"]) == (2, 0, 8)
    resume(run, ["train.epochs=4"])  # it is not asked for again


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("network.layers.0.dense.units=5", "has not the weights of the network"),
        ("optimizer=sgd", "not the state of this optimizer"),
        ("metrics=[r2_score]", "other metrics, or other parts"),
        ("train.validation_split=null", "other metrics, or other parts|data have changed"),
        ("train.batch_size=5", "in the middle of epoch 2, of other batches"),
    ],
)
def test_what_does_not_fit_the_checkpoint_cannot_be_accepted(folder, change, message):
    stopped = trained(folder, after=7)
    before = content(stopped)
    with pytest.raises(NnspecError, match=message):
        resume(stopped, [change], accept_changes=True)
    assert content(stopped) == before


def test_another_precision_is_an_error(folder):
    stopped = trained(folder, after=6)
    with pytest.raises(SpecError, match=r"precision is float64, and .* float32"):
        resume(stopped, compute=ComputeConfig(precision="float64"))
    report = resume(stopped, compute=ComputeConfig(precision="float64"), accept_changes=True)
    assert report.compute.precision == "float64"


@pytest.mark.parametrize("accept", [False, True])
def test_other_data_are_refused(folder, accept):
    stopped = trained(folder, after=6)
    write_rows(folder, seed=1)
    before = content(stopped)
    with pytest.raises(DataError, match=r"spec\.yaml:\d+:\d+: error: the data have changed"):
        resume(stopped, accept_changes=accept)
    assert content(stopped) == before


def test_the_same_data_may_be_elsewhere(folder):
    whole, stopped = trained(folder), trained(folder, after=6)
    (folder / "rows.npz").rename(folder / "moved.npz")
    resume(stopped, [f"data.source.npz={folder / 'moved.npz'}"])
    assert results(stopped)["weights"] == results(whole)["weights"]


def test_the_folder_may_move_with_its_data(folder, tmp_path_factory):
    whole = results(trained(folder))
    trained(folder, after=6, out="stopped")
    place = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.move(folder, place)
    resume(place / "stopped" / "small")
    assert results(place / "stopped" / "small" / "1") == whole


def test_a_finished_run_has_nothing_to_go_on_with(folder):
    run = trained(folder)
    before = content(run)
    with pytest.raises(RunError, match=r"finished after 3 epochs \(train.epochs=6 trains on\)"):
        resume(run)
    with pytest.raises(RunError, match="finished after 3 epochs"):
        resume(run, ["train.epochs=2"])
    assert content(run) == before


def test_fewer_epochs_than_there_are_is_an_error(folder):
    stopped = trained(folder, after=7)
    with pytest.raises(SpecError, match="is 1, and the run is in epoch 2"):
        resume(stopped, ["train.epochs=1"])


def test_a_run_that_diverged_does_not_do_it_again(folder):
    sgd = ("optimizer=sgd", "optimizer.sgd.learning_rate=1e30", "network.layers=[{dense: 1}]")
    with pytest.raises(SpecError, match="training diverged"):
        trained(folder, *sgd)
    run = folder / "runs" / "small" / "1"
    with pytest.raises(RunError, match="diverged: the loss is not finite"):
        resume(run)
    lower = ["optimizer.sgd.learning_rate=0.01"]
    assert resume(run, lower, accept_changes=True).status == "finished"


def test_a_divergence_after_a_resume_is_replayed_from_there(folder):
    stopped = trained(folder, "optimizer=sgd", after=BATCHES + 3)
    changes = ["optimizer.sgd.learning_rate=1e12", "train.epochs=40"]
    with pytest.raises(DivergedError, match="learning_rate=1e12") as caught:
        resume(stopped, changes, accept_changes=True)
    found = json.loads((stopped / "metrics.json").read_text())
    assert found["status"] == "diverged"
    assert found["diagnosis"] == caught.value.diagnosis
    assert found["diagnosis"]["cause"] == "learning-rate"


def test_the_first_loss_of_a_run_that_goes_on_gets_no_advice(folder):
    with np.load(folder / "rows.npz") as rows:
        far = {**rows, **{part: rows[part] + 99 for part in ("y_train", "y_test")}}
    far |= {"x_train": np.tile(far["x_train"], (2, 1)), "y_train": np.tile(far["y_train"], 2)}
    np.savez(folder / "rows.npz", **far)
    first, rest = Stop(2), Stop()
    stopped = run(loader.load(folder / "s.yaml"), ComputeConfig(), folder / "runs", first).run
    report = resume(stopped, listener=rest)
    assert "initial-loss" in [one.code for one in first.advice]
    assert "initial-loss" not in [one.code for one in rest.advice]
    assert report.preflight.initial.is_far_off


def test_a_damaged_checkpoint_gives_way_to_the_one_before(folder):
    every = "train.checkpoint={every_steps: 3}"
    whole, stopped = trained(folder, every), trained(folder, every, after=8)
    newest = stopped / "checkpoint" / "state.safetensors"
    damaged = bytearray(newest.read_bytes())
    damaged[-1] ^= 1
    newest.write_bytes(damaged)
    told = Stop()
    resume(stopped, listener=told)
    assert told.position.step == 6
    (note,) = told.notes
    assert "state.safetensors is damaged" in note
    assert "the checkpoint before it is taken" in note
    assert results(stopped) == results(whole)


def test_a_run_whose_metrics_are_damaged_goes_on_from_its_checkpoint(folder):
    whole, stopped = trained(folder), trained(folder, after=6)
    (stopped / "metrics.json").write_text('{"run"', encoding="utf-8")
    told = Stop()
    resume(stopped, listener=told)
    assert told.notes == [f"{stopped} has a damaged metrics.json: it goes on from its checkpoint"]
    assert results(stopped) == results(whole)


def test_without_a_whole_checkpoint_there_is_an_error(folder):
    stopped = trained(folder, after=6)
    for path in (stopped / "checkpoint").iterdir():
        path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(RunError, match=r"state.safetensors is damaged.*no checkpoint before it"):
        resume(stopped)
    for path in (stopped / "checkpoint").iterdir():
        path.unlink()
    with pytest.raises(RunError, match="has no checkpoint to go on from"):
        resume(stopped)


def test_a_run_without_an_update_begins_anew(folder):
    whole, stopped = trained(folder), trained(folder, after=0)
    shutil.rmtree(stopped / "checkpoint")
    (stopped / ".history.csv.123.part").write_text("half")  # of a process that was killed
    resume(stopped)
    assert results(stopped) == results(whole)
    assert not list(stopped.rglob("*.part"))


def test_a_full_disk_leaves_the_checkpoint_before(folder, monkeypatch):
    whole = trained(folder)
    write, writes = atomic_files._write_and_sync, []

    def write_or_fail(path, chunks):
        is_checkpoint = "new.safetensors" in path.name
        writes.extend([path] * is_checkpoint)
        if is_checkpoint and len(writes) == 3:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, chunks)

    monkeypatch.setattr(atomic_files, "_write_and_sync", write_or_fail)
    with pytest.raises(RunError) as caught:
        trained(folder, "train.checkpoint={every_steps: 3}", out="full")
    monkeypatch.setattr(atomic_files, "_write_and_sync", write)
    assert "No space left on device" in str(caught.value)
    assert "nnspec resume" in str(caught.value)
    stopped = folder / "full" / "small" / "1"
    assert json.loads((stopped / "metrics.json").read_text())["status"] == "failed"
    told = Stop()
    resume(stopped, listener=told)
    assert told.position.step == 3
    assert results(stopped)["weights"] == results(whole)["weights"]


def test_checkpoints_are_written_after_so_many_steps(folder, monkeypatch):
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1000)
    steps = []
    monkeypatch.setattr(
        "nnspec.runs.checkpoint.write_checkpoint",
        lambda _, state, __: steps.append(state.position.step),
    )
    trained(folder, "train.checkpoint={every_steps: 5}")
    assert steps == [0, 5, 10, 12]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{}", "write every_steps or every_minutes, keep, or monitor"),
        ("{every_steps: 3, every_minutes: 1}", "write one of every_steps and every_minutes"),
    ],
)
def test_how_often_is_said_once(folder, given, message):
    with pytest.raises(SpecError, match=message):
        loader.load(folder / "s.yaml", [f"train.checkpoint={given}"])


STOPPING = (
    "train.epochs=30", "optimizer.adam.learning_rate=0.5",
    "train.early_stopping={patience: 2, restore_best: true}",
)  # fmt: skip


@pytest.mark.parametrize("after", [9, 14, 18, 21])
def test_early_stopping_and_the_best_weights_survive(folder, after):
    whole, stopped = trained(folder, *STOPPING), trained(folder, *STOPPING, after=after)
    assert results(stopped) != results(whole)
    resume(stopped)
    assert results(stopped) == results(whole)


def test_the_weights_of_an_interrupted_run_are_not_called_the_best(folder):
    stopped = trained(folder, *STOPPING, after=14)
    kept = json.loads((stopped / "metrics.json").read_text())["early_stopping"]
    assert kept["best_epoch"] is not None
    assert kept["restored"] is False
    assert resume(stopped).early_stopping.restored


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["train.early_stopping.patience=1"], "would have stopped the training"),
        (["train.early_stopping.min_delta=0.1"], "best now were not kept"),
        (["train.early_stopping=null"], None),
        (["train.early_stopping.patience=99"], None),
        (["train.early_stopping={patience: 99, monitor: loss}"], None),
    ],
)
def test_early_stopping_may_change_where_the_epochs_before_stay_right(folder, changes, message):
    patient = "train.early_stopping={patience: 9, restore_best: true}"
    stopped = trained(folder, *STOPPING[:2], patient, after=21)
    before = content(stopped)
    if message is None:
        assert resume(stopped, changes, accept_changes=True).epochs
        return
    with pytest.raises(SpecError, match=rf"command line:1:\d+: error: .*{message}"):
        resume(stopped, changes, accept_changes=True)
    assert content(stopped) == before


def test_a_run_that_was_stopped_early_has_ended(folder):
    run = trained(folder, *STOPPING)
    with pytest.raises(RunError, match="finished early, after"):
        resume(run)
    assert unfinished_run(loader.load(folder / "s.yaml", STOPPING), folder / "runs") is None
    epochs = len(RunFolder(run).history()["epoch"])
    longer = resume(run, ["train.early_stopping.patience=4"], accept_changes=True)
    assert len(longer.epochs) > epochs


@pytest.mark.parametrize("after", [5, 7, 8])  # within the last epoch, and in its validation
def test_an_interrupted_run_of_steps_ends_as_a_whole_one(folder, after):
    whole = trained(folder, "train.steps=6")
    stopped = trained(folder, "train.steps=6", after=after)
    assert read_ending(stopped).status == "interrupted"
    resume(stopped)
    assert results(stopped) == results(whole)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("train.steps=6", "train.steps=11"),  # in the middle of an epoch
        ("train.steps=8", "train.steps=11"),
        ("train.epochs=2", "train.steps=11"),
        ("train.steps=6", "train.epochs=3"),
    ],
)
def test_a_finished_run_trains_on_with_more_steps(folder, before, after):
    stopping = "train.early_stopping={patience: 9, restore_best: true}"
    whole, run = trained(folder, after, stopping), trained(folder, before, stopping)
    assert read_ending(run).status == "finished"
    resume(run, [after])
    assert results(run) == results(whole)
    limit = after.partition("=")
    assert getattr(TrainedRun.open(run).spec.train, limit[0][6:]) == int(limit[2])


@pytest.mark.parametrize(
    ("overrides", "message", "hint"),
    [
        ([], "finished after 2 epochs", "train.steps=12 trains on"),
        (["train.steps=5"], "finished after 2 epochs", "train.steps=10 trains on"),
        (["train.epochs=1"], "finished after 2 epochs", "train.epochs=4 trains on"),
        (["train.steps_per_epoch=3", "train.steps=7"], "steps_per_epoch is 3", "accept-changes"),
    ],
)
def test_a_run_of_steps_is_not_shortened(folder, overrides, message, hint):
    run = trained(folder, "train.steps=6")
    with pytest.raises(NnspecError, match=message) as error:
        resume(run, overrides)
    assert hint in str(error.value)


@pytest.mark.parametrize(
    ("before", "change", "misfit"),
    [
        (["train.steps=8"], ["train.steps_per_epoch=2", "train.steps=20"], True),
        (["train.steps=8"], ["train.batch_size=2", "train.steps=20"], True),
        (["train.steps=8"], ["train.seed=6", "train.steps=20"], False),
        ([], ["train.steps_per_epoch=2", "train.epochs=20"], True),
        ([], ["train.steps_per_epoch=4", "train.epochs=5"], False),
    ],
)
def test_epochs_of_another_length_cannot_follow(folder, before, change, misfit):
    run = trained(folder, *before)
    if not misfit:
        assert resume(run, change, accept_changes=True).status == "finished"
        return
    with pytest.raises(SpecError, match="batches that are done were in epochs of another length"):
        resume(run, change, accept_changes=True)


def test_an_interrupted_run_is_not_shortened(folder):
    run = trained(folder, "train.steps=12", after=7)
    with pytest.raises(SpecError, match=r"train\.steps is 3, and the run has 6"):
        resume(run, ["train.steps=3"])


def test_a_run_of_steps_is_the_one_that_is_unfinished(folder):
    spec = loader.load(folder / "s.yaml", ["train.steps=6"])
    trained(folder, "train.steps=6")
    assert unfinished_run(spec, folder / "runs") is None
    longer = loader.load(folder / "s.yaml", ["train.steps=7"])
    assert unfinished_run(longer, folder / "runs") == folder / "runs" / "small" / "1"


def test_a_run_goes_on_before_its_first_validation(folder):
    whole = trained(folder, "train.validation_freq=3")
    run = trained(folder, "train.validation_freq=3", after=6)
    resume(run)
    assert results(run) == results(whole)
