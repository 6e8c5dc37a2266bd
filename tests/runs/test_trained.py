"""A trained run reopened: the same metrics, and predictions for any rows."""

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, NnspecError, RunError
from nnspec.runs.listener import RunListener
from nnspec.runs.trained import TrainedRun
from tests.small_runs import mnist, rows, trained


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return trained(mnist(), tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(report):
    return TrainedRun.open(report.run, ComputeConfig())


def test_evaluation_gives_the_metrics_of_the_run(report, run):
    assert run.evaluate(RunListener()) == report.metrics


def test_evaluation_in_another_precision_differs_by_rounding(report):
    metrics = TrainedRun.open(report.run, ComputeConfig(precision="float64")).evaluate(
        RunListener()
    )
    assert metrics["test"]["loss"] == pytest.approx(report.metrics["test"]["loss"], rel=1e-5)


def test_evaluation_excludes_validation_rows(tmp_path):
    report = trained(mnist(train={"epochs": 1, "validation_split": 0.3}), tmp_path)
    assert TrainedRun.open(report.run, ComputeConfig()).evaluate(RunListener()) == report.metrics


def test_rows_by_name_and_from_a_file(run, tmp_path):
    raw, targets, *_ = run.rows("test")
    np.save(tmp_path / "digits.npy", raw)
    again = run.rows(str(tmp_path / "digits.npy"))
    assert again.targets is None
    assert targets.shape == (50, 10)
    assert (run.predict(again.raw) == run.predict(raw)).all()


def test_predictions_do_not_depend_on_the_other_rows(run):
    raw = run.rows("train").raw
    one_by_one = np.concatenate([run.predict(raw[i : i + 1]) for i in range(20)])
    assert one_by_one == pytest.approx(run.predict(raw[:20]), abs=1e-6)


def test_no_rows_give_no_predictions(run):
    assert run.predict(np.ones((0, 28, 28), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize("shape", [(3, 27, 28), (3, 28), (3, 785), (3,)])
def test_rows_of_another_shape_are_refused(run, shape):
    with pytest.raises(DataError):
        run.predict(np.ones(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_rows_that_hold_no_numbers_are_refused(run, value):
    with pytest.raises(DataError):
        run.predict(np.full((2, 28, 28), value))


def test_predicting_missing_test_rows_is_an_error(tmp_path):
    run = TrainedRun.open(trained(rows(), tmp_path).run, ComputeConfig())
    with pytest.raises(DataError, match="no test rows"):
        run.rows("test")


def test_a_spec_with_much_larger_weights_than_the_file_is_refused(tmp_path):
    report = trained(rows(), tmp_path)
    path = report.run / "spec.yaml"
    text = path.read_text()
    assert "units: 1," in text
    path.write_text(text.replace("units: 1,", "units: 2000000000,"))
    with pytest.raises(NnspecError):
        TrainedRun.open(report.run, ComputeConfig())


@pytest.mark.parametrize("name", ["spec.yaml", "weights.safetensors", "preprocessing.json"])
def test_a_missing_file_is_named(tmp_path, name):
    report = trained(rows(), tmp_path)
    (report.run / name).unlink()
    with pytest.raises(RunError, match=name):
        TrainedRun.open(report.run, ComputeConfig())


def test_an_input_that_is_no_number_is_told_by_its_file_and_row(tmp_path):
    run = TrainedRun.open(trained(rows(), tmp_path).run, ComputeConfig())
    file = tmp_path / "new.npy"
    np.save(file, [[0.0, 1], [1, np.nan]])
    found = run.rows(str(file))
    with pytest.raises(DataError, match=r"row 1 of new.npy, column 1: nan is no number"):
        run.predict_outputs(found.raw, found.origin)


def test_test_inputs_without_targets_are_predicted_and_not_evaluated(tmp_path):
    arrays = {"x_train": np.eye(2), "y_train": np.array([0, 1]), "x_test": np.ones((3, 2))}
    np.savez(tmp_path / "data.npz", **arrays)
    report = trained(rows(data={"source": {"npz": str(tmp_path / "data.npz")}}), tmp_path)
    run = TrainedRun.open(report.run, ComputeConfig())
    assert run.splits().test is None
    assert run.predict(run.rows("test").raw).shape == (3, 1)
