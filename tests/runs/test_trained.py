"""A finished run opened again: the same figures, and predictions for any rows."""

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, NnspecError, RunError
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import RunListener
from tests.small_runs import mnist, rows, trained


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return trained(mnist(), tmp_path_factory.mktemp("runs"))


@pytest.fixture
def finished(report):
    return TrainedRun.open(report.run, ComputeConfig())


def test_evaluation_gives_the_figures_of_the_run(report, finished):
    assert finished.evaluate(RunListener()) == report.metrics


def test_evaluation_in_another_precision_differs_by_rounding(report):
    figures = TrainedRun.open(report.run, ComputeConfig(precision="float64")).evaluate(
        RunListener()
    )
    assert figures["test"]["loss"] == pytest.approx(report.metrics["test"]["loss"], rel=1e-5)


def test_evaluation_takes_the_rows_of_training_and_not_those_of_validation(tmp_path):
    done = trained(mnist(train={"epochs": 1, "validation_split": 0.3}), tmp_path)
    assert TrainedRun.open(done.run, ComputeConfig()).evaluate(RunListener()) == done.metrics


def test_rows_by_name_and_from_a_file(finished, tmp_path):
    raw, targets = finished.rows("test")
    np.save(tmp_path / "digits.npy", raw)
    again = finished.rows(str(tmp_path / "digits.npy"))
    assert again.targets is None
    assert targets.shape == (50, 10)
    assert (finished.predict(again.raw) == finished.predict(raw)).all()


def test_predictions_do_not_depend_on_the_rows_beside_them(finished):
    raw, _ = finished.rows("train")
    one_by_one = np.concatenate([finished.predict(raw[i : i + 1]) for i in range(20)])
    assert one_by_one == pytest.approx(finished.predict(raw[:20]), abs=1e-6)


def test_no_rows_give_no_predictions(finished):
    assert finished.predict(np.ones((0, 28, 28), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize("shape", [(3, 27, 28), (3, 28), (3, 785), (3,)])
def test_rows_of_another_shape_are_refused(finished, shape):
    with pytest.raises(DataError):
        finished.predict(np.ones(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_rows_that_hold_no_numbers_are_refused(finished, value):
    with pytest.raises(DataError):
        finished.predict(np.full((2, 28, 28), value))


def test_a_run_without_test_rows_has_none_to_predict(tmp_path):
    finished = TrainedRun.open(trained(rows(), tmp_path).run, ComputeConfig())
    with pytest.raises(DataError, match="no test rows"):
        finished.rows("test")


def test_a_giant_spec_beside_small_weights_is_refused_before_anything_is_allocated(tmp_path):
    done = trained(rows(), tmp_path)
    path = done.run / "spec.yaml"
    text = path.read_text()
    assert "units: 1," in text
    path.write_text(text.replace("units: 1,", "units: 2000000000,"))
    with pytest.raises(NnspecError):
        TrainedRun.open(done.run, ComputeConfig())


@pytest.mark.parametrize("name", ["spec.yaml", "weights.safetensors", "preprocessing.json"])
def test_a_missing_file_is_named(tmp_path, name):
    done = trained(rows(), tmp_path)
    (done.run / name).unlink()
    with pytest.raises(RunError, match=name):
        TrainedRun.open(done.run, ComputeConfig())
