"""Runs on small data: reports, run folders, interruption, divergence, and refused specs."""

import json
import shutil

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, RunError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.objectives import objectives
from nnspec.runs import atomic_files
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec.loader import load
from nnspec.training.monitoring.monitor import TrainingMonitor
from nnspec.training.session import TrainingSession
from tests.small_runs import mnist, rows, spec, trained


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return trained(mnist(), tmp_path_factory.mktemp("runs"))


def test_files_of_a_run_folder(report):
    names = {path.relative_to(report.run).as_posix() for path in report.run.rglob("*.*")}
    assert names == {
        "spec.yaml", "weights.safetensors", "preprocessing.json",
        "checkpoint/state.safetensors", "checkpoint/previous.safetensors", "history.csv",
        "metrics.json", "environment.json", "manifest.json", ".lock",
    }  # fmt: skip
    assert json.loads((report.run / "metrics.json").read_text()) == json.loads(
        atomic_files.to_json(report.plain())
    )
    environment = json.loads((report.run / "environment.json").read_text())
    assert environment["backend"] == "numpy"
    assert environment["numpy"] == np.__version__
    assert len(environment["data_sha256"]) == 64


def test_a_run_is_determined_by_its_seed(report, tmp_path):
    again = trained(mnist(), tmp_path)
    assert again.weights_sha256 == report.weights_sha256
    assert again.metrics == report.metrics
    other = trained(mnist(train={"epochs": 2, "batch_size": 64, "seed": 1}), tmp_path)
    assert other.weights_sha256 != report.weights_sha256


def test_training_lowers_the_loss(report):
    assert report.metrics["train"]["accuracy"] > 0.5
    assert report.epochs[1].metrics["loss"] < report.epochs[0].metrics["loss"]


@pytest.mark.parametrize("precision", ["float64", "exact"])
def test_precisions(report, tmp_path, precision):
    other = trained(mnist(), tmp_path, precision=precision)
    assert other.metrics["test"]["loss"] == pytest.approx(report.metrics["test"]["loss"], rel=1e-3)


def test_a_run_is_saved_after_the_last_epoch(report):
    reopened = TrainedRun.open(report.run, ComputeConfig())
    state = last_state(reopened.folder, reopened.graph)
    assert state.position == (2, 0, 8)
    assert len((report.run / "history.csv").read_text().splitlines()) == 3
    assert state.weights.keys() == {"dense/kernel", "dense/bias"}


def last_state(folder, graph):
    """The state in the last checkpoint of a run."""
    return folder.checkpoint().state(graph, objectives(folder.spec(), graph))


@pytest.mark.parametrize(
    ("train", "updates"),
    [({"epochs": 0}, 0), ({"batch_size": 10**6}, 1), ({"batch_size": "all"}, 1)],
)
def test_edges_of_training(tmp_path, train, updates):
    report = trained(rows(train=train), tmp_path)
    assert len(report.epochs) == min(updates, 1)
    assert np.isfinite(report.metrics["train"]["loss"])


def test_one_row(tmp_path):
    report = trained(rows({"inputs": [[1, 2]], "targets": [1]}), tmp_path)
    assert np.isfinite(report.metrics["train"]["loss"])
    assert report.plain()["test"] is None


class StopListener(RunListener):
    def __init__(self, polls):
        self.left = polls

    def should_stop(self):
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("polls", [0, 3, 5])
def test_an_interrupted_run_can_be_reopened(tmp_path, polls):
    report = run(spec(mnist()), ComputeConfig(), tmp_path, StopListener(polls))
    assert report.interrupted
    assert report.plain()["train"] is None
    reopened = TrainedRun.open(report.run, ComputeConfig())
    assert reopened.evaluate(RunListener())["test"]["loss"] > 0
    assert len((report.run / "history.csv").read_text().splitlines()) == len(report.epochs) + 1


@pytest.mark.parametrize("train", [{"epochs": 30}, {"epochs": 1, "batch_size": "all"}])
@pytest.mark.parametrize("rate", [1e30, 1e200])
def test_divergence_points_at_the_learning_rate(tmp_path, train, rate):
    path = tmp_path / "s.yaml"
    layers = [{"dense": 8}, {"dense": {"units": 10, "activation": "softmax"}}]
    values = mnist(
        optimizer={"sgd": {"learning_rate": rate}}, train=train, network={"layers": layers}
    )
    path.write_text(json.dumps(values, indent=1))
    line = next(
        n for n, text in enumerate(path.read_text().splitlines(), 1) if "learning_ra" in text
    )
    with pytest.raises(SpecError, match=rf"s.yaml:{line}:\d+: error: training diverged") as caught:
        run(load(path), ComputeConfig(), tmp_path / "runs")
    assert caught.value.problems[0].code == "diverged"
    folder = RunFolder.open(tmp_path / "runs" / "small")
    assert folder.ending().status == "diverged"
    weights = folder.weights(compile_spec(folder.spec()))
    assert all(np.isfinite(array).all() for array in weights.values())


def test_a_diagnosis_that_is_killed_leaves_a_run_that_diverged(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingMonitor, "diagnosis", interrupt)
    steep = {"loss": "mean_squared_error", "optimizer": {"sgd": 1e30}, "train": {"epochs": 30}}
    with pytest.raises(KeyboardInterrupt):
        trained(rows(**steep, network={"layers": [{"dense": 1}]}, name="steep"), tmp_path)
    assert RunFolder.open(tmp_path / "steep").ending().status == "diverged"


def sparse(targets, **changes):
    source = {"inputs": [[0, 1], [1, 0], [1, 1]], "targets": targets}
    network = {"layers": [{"dense": {"units": 3, "activation": "softmax"}}]}
    return rows(source, network=network, loss="sparse_categorical_crossentropy", **changes)


@pytest.mark.parametrize("targets", [[0, 1, 3], [0, 1, -1], [0, 1, 0.5]])
def test_class_indices_out_of_range_are_refused(tmp_path, targets):
    with pytest.raises(DataError, match="whole number from 0 to 2, and training row 2 of"):
        trained(sparse(targets), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_class_indices_may_be_a_column(tmp_path):
    flat = trained(sparse([0, 1, 2]), tmp_path)
    column = trained(sparse([[0], [1], [2]]), tmp_path)
    assert column.weights_sha256 == flat.weights_sha256


def test_too_large_for_the_precision(tmp_path):
    values = rows({"inputs": [[1e300], [1.0]], "targets": [0, 1]})
    with pytest.raises(DataError, match="1e\\+300 is too large for float32"):
        trained(values, tmp_path)
    values["network"]["layers"][0]["dense"]["kernel_initializer"] = "zeros"
    values["optimizer"] = {"sgd": {"learning_rate": 1e-300}}
    assert trained(values, tmp_path, precision="float64").metrics["train"]["loss"] > 0


def archive(folder, **arrays):
    np.savez(folder / "data.npz", **arrays)
    return {"source": {"npz": str(folder / "data.npz")}}


@pytest.mark.parametrize(
    ("shape", "units", "loss"),
    [((5,), 3, "mean_squared_error"), ((5, 2), 3, "mean_squared_error"),
     ((5, 3), 1, "mean_squared_error"), ((5, 2), 1, "binary_crossentropy"),
     ((5,), 3, "categorical_crossentropy"), ((5, 4), 3, "sparse_categorical_crossentropy")],
)  # fmt: skip
def test_targets_are_never_broadcast(tmp_path, shape, units, loss):
    data = archive(tmp_path, x_train=np.ones((5, 2)), y_train=np.zeros(shape))
    network = {"input_shape": [2], "layers": [{"dense": units}]}
    with pytest.raises(
        (SpecError, DataError),
        match=r"the targets|one target a row|takes class numbers|for each class",
    ):
        trained(rows(data=data, network=network, loss=loss), tmp_path / "runs")


def test_test_rows_of_another_shape(tmp_path):
    data = archive(tmp_path, x_train=np.ones((5, 2)), y_train=np.zeros(5),
                   x_test=np.ones((5, 3)), y_test=np.zeros(5))  # fmt: skip
    network = {"input_shape": [2], "layers": [{"dense": 1}]}
    with pytest.raises(DataError, match=r"a test row of x_test is \(3\), and a training row"):
        trained(rows(data=data, network=network), tmp_path / "runs")


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"train": {"acuracy": 1}}, "no figure 'acuracy'"),
        ({"train": {"accuracy": 1}}, "no figure 'accuracy'"),
        ({"test": {"loss": 1}}, "no test rows"),
    ],
)
def test_an_expectation_of_a_missing_metric_is_refused(tmp_path, expect, message):
    with pytest.raises(SpecError, match=message):
        trained(rows(expect=expect), tmp_path)


@pytest.mark.parametrize("missing", ["loss", "optimizer", "data"])
def test_missing_sections_are_reported(tmp_path, missing):
    values = rows()
    del values[missing]
    values["network"]["input_shape"] = [2]
    with pytest.raises((SpecError, DataError), match=f"the spec has no {missing}"):
        trained(values, tmp_path)


def test_an_out_folder_that_is_a_file(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(RunError, match="cannot make the folder"):
        trained(rows(), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


class FolderRemover(RunListener):
    def on_run_begin(self, summary, spec, folder):
        shutil.rmtree(folder)


def test_a_removed_run_folder_is_an_error(tmp_path):
    with pytest.raises(RunError, match="cannot write"):
        run(spec(rows()), ComputeConfig(), tmp_path, FolderRemover())


def test_initial_weights_are_determined_by_the_seed():
    first, again = (
        TrainingSession.prepare(spec(rows()), ComputeConfig()).program.weights() for _ in range(2)
    )
    assert (first["dense/kernel"] == again["dense/kernel"]).all()
    assert first["dense/kernel"].any()


def test_what_follows_a_training_uses_the_averages_of_its_weights(tmp_path):
    """Of two updates without momentum: a_1 = w_1, a_2 = 0.75 a_1 + 0.25 w_2."""
    options = {"learning_rate": 1.0, "use_ema": True, "ema_momentum": 0.75}
    data = {"epochs": 2, "batch_size": "all"}
    values = rows(optimizer={"sgd": options}, train=data)
    report = trained(values, tmp_path, precision="exact")
    graph = compile_spec(spec(values))
    folder = RunFolder.open(report.run)
    weights, optimizer, *_ = last_state(folder, graph)
    shorter = rows(optimizer={"sgd": options}, train=data | {"epochs": 1})
    first = last_state(RunFolder.open(trained(shorter, tmp_path).run), graph).weights
    found = folder.weights(graph)
    for name, average in optimizer.slots["average"].items():
        assert not np.array_equal(weights[name], found[name])
        np.testing.assert_array_equal(found[name], average.astype(np.float32))
        expected = 0.75 * first[name] + 0.25 * weights[name]
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)
    evaluated = TrainedRun.open(report.run, ComputeConfig(precision="exact")).evaluate()
    assert evaluated["train"] == report.metrics["train"]


def test_weights_that_were_never_updated_have_no_average(tmp_path):
    values = rows(optimizer={"sgd": {"use_ema": True}}, train={"epochs": 0})
    kernel = TrainedRun.open(trained(values, tmp_path).run).folder.weights(
        compile_spec(spec(values))
    )
    assert kernel["dense/kernel"].any()
