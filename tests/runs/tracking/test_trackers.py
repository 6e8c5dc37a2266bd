"""Trackers of a run: what they are told, what happens where one fails, and their own readers."""

from __future__ import annotations

import sys

import pytest

from nnspec.errors import RunError, SpecError
from nnspec.runs.listener import RunListener
from nnspec.runs.resume import resume
from nnspec.runs.tracking import trackers
from nnspec.runs.tracking.base import TrackerWriter
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from tests.small_runs import named, spec

TRAIN = {"epochs": 3, "batch_size": 2, "validation_split": 0.4}


def values(*track, **train):
    return named(
        optimizer={"sgd": {"learning_rate": {"exponential_decay": {
            "initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5, "staircase": True,
        }}}},
        train={**TRAIN, **train}, track=list(track),
    )  # fmt: skip


class Notes(RunListener):
    """Keeps the notes of a run."""

    def __init__(self):
        self.notes = []

    def on_note(self, note):
        self.notes.append(note)


class Recorder(TrackerWriter):
    """Keeps what it is told; raises in a chosen epoch."""

    fails_at = 0

    def __init__(self, _):
        self.told = []

    def begin(self, run):
        self.told.append(("begin", run.name, run.epochs, run.options["train.batch_size"]))

    def end_epoch(self, epoch):
        if epoch.number == self.fails_at:
            raise OSError(28, "No space left on device")
        assert {"learning_rate", "loss", "val_loss"} <= set(epoch.metrics)
        self.told.append((epoch.number, len(epoch.weights())))

    def end(self, figures, status):
        self.told.append((status, figures))


@pytest.fixture
def writers(monkeypatch):
    """The writers that are made in place of TensorBoard's."""
    made = []

    def make(options):
        made.append(Recorder(options))
        return made[-1]

    monkeypatch.setattr(trackers.WRITERS, "find", lambda _: make)
    return made


def test_a_tracker_is_told_of_each_epoch_and_of_the_end(tmp_path, writers):
    report = run(spec(values("tensorboard")), out=tmp_path)
    begin, *epochs, (status, figures) = writers[0].told
    assert begin == ("begin", "named", 0, 2)
    weights = len(TrainedRun.open(report.run).program.weights())
    assert epochs == [(number, weights) for number in (1, 2, 3)]
    assert status == "finished"
    assert figures["train_loss"] == report.metrics["train"]["loss"]


def test_a_run_that_goes_on_tells_only_of_its_new_epochs(tmp_path, writers):
    report = run(spec(values("tensorboard")), out=tmp_path)
    resume(report.run, ["train.epochs=5"])
    assert [entry[0] for entry in writers[1].told] == ["begin", 4, 5, "finished"]
    assert writers[1].told[0][2] == 3


def test_one_that_fails_is_told_of_once_and_training_goes_on(tmp_path, writers, monkeypatch):
    monkeypatch.setattr(Recorder, "fails_at", 2)
    told = Notes()
    report = run(spec(values("tensorboard")), out=tmp_path, listener=told)
    assert len(report.epochs) == 3
    assert told.notes == ["tensorboard fails, and is left out: [Errno 28] No space left on device"]
    assert [entry[0] for entry in writers[0].told] == ["begin", 1]


@pytest.mark.parametrize(
    ("kind", "package"), [("tensorboard", "tensorboardX"), ("mlflow", "mlflow")]
)
def test_a_missing_package_is_told_before_a_folder_is_made(tmp_path, monkeypatch, kind, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SpecError, match=rf"the tracker needs {package}, .*nnspec\[{kind}\]"):
        run(spec(values(kind)), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "word", ["wandb", "{tensorboard: -1}", "{mlflow: ''}", "tensorboard, tensorboard"]
)
def test_mistakes_are_located(tmp_path, word):
    path = tmp_path / "s.yaml"
    path.write_text(f"network: {{input_shape: 2, layers: [{{dense: 1}}]}}\ntrack: [{word}]\n")
    with pytest.raises(SpecError, match=r"s.yaml:2:\d+: error: "):
        loader.load(path)


@pytest.mark.framework
def test_tensorflow_reads_the_event_files(tmp_path):
    pytest.importorskip("tensorboardX")
    iterate = pytest.importorskip("tensorflow").compat.v1.train.summary_iterator
    report = run(spec(values({"tensorboard": 2})), out=tmp_path)
    resume(report.run, ["train.epochs=4"])
    scalars, histograms, texts = {}, set(), set()
    for path in sorted((report.run / "tensorboard").iterdir()):
        for event in iterate(str(path)):
            for value in event.summary.value:
                kind = value.WhichOneof("value")
                if kind == "simple_value":
                    scalars[value.tag, event.step] = value.simple_value
                (histograms if kind == "histo" else texts).add((value.tag, event.step))
    for epoch in report.epochs:
        assert scalars["loss", epoch.epoch] == pytest.approx(epoch.metrics["loss"])
        assert scalars["val_loss", epoch.epoch] == pytest.approx(epoch.validation["loss"])
    rates = [scalars["learning_rate", number] for number in (1, 2, 3, 4)]
    assert rates == sorted(rates, reverse=True)
    assert scalars["train_loss", 3] == pytest.approx(report.metrics["train"]["loss"])
    assert {step for _, step in histograms} == {2, 4}
    assert {"spec/text_summary", "summary/text_summary"} <= {tag for tag, _ in texts}


@pytest.mark.framework
@pytest.mark.filterwarnings("ignore")  # those of MLflow and of its database
def test_mlflow_reads_its_runs(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    report = run(spec(values("mlflow")), out=tmp_path)
    resume(report.run, ["train.epochs=4"])
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    name = report.run.parent.name
    (found,) = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    assert found.info.status == "FINISHED"
    assert found.data.params["train.batch_size"] == "2"
    history = client.get_metric_history(found.info.run_id, "val_loss")
    assert [metric.step for metric in history] == [1, 2, 3, 4]
    losses = [epoch.validation["loss"] for epoch in report.epochs]
    assert [metric.value for metric in history[:3]] == losses
    kept = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert {"spec.yaml", "history.csv", "metrics.json", "summary.txt"} <= kept


def test_one_that_cannot_begin_leaves_all_files_as_they_are(tmp_path, writers, monkeypatch):
    stopped = run(spec(values("tensorboard", epochs=1)), out=tmp_path).run
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(_, __):
        raise RunError("cannot track at sqlite:///nowhere: no such folder")

    monkeypatch.setattr(Recorder, "begin", fail)
    with pytest.raises(SpecError, match="cannot track at"):
        run(spec(values("tensorboard")), out=tmp_path)
    with pytest.raises(SpecError, match="cannot track at"):
        run(spec(values("tensorboard") | {"name": "other"}), out=tmp_path)
    with pytest.raises(SpecError, match="cannot track at"):
        resume(stopped, ["train.epochs=3"])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["named"]
    assert [path.name for path in stopped.parent.iterdir()] == ["1"]
