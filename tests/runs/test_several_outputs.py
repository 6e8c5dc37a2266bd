"""Runs of a network with several inputs and outputs: training, files, evaluation, prediction."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.resume import resume
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.runs.weights import NetworkWithWeights
from tests.small_runs import IMAGES, WORDS, named, spec, trained

NAMES = ["loss", "price_loss", "kind_loss", "price_half_squared_error", "kind_accuracy"]
REFERENCE = ComputeConfig("numpy:reference", "float64")
BACKENDS = ["numpy:reference", "numpy", "torch"]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    expect = {"train": {"price_loss": 0.5, "kind_accuracy": 0.5}, "test": {"kind_loss": 0.1}}
    values = named(expect={**expect, "tolerance": 0.75})
    return run(spec(values), REFERENCE, tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_output_has_a_loss_and_metrics(tmp_path, backend):
    if backend == "torch":
        pytest.importorskip("torch")
    found = trained(named(), tmp_path, backend=backend, precision="float64")
    for metrics in (found.metrics["train"], found.metrics["test"], found.epochs[0].metrics):
        assert list(metrics) == NAMES
        total = 0.5 * metrics["price_loss"] + metrics["kind_loss"]
        assert metrics["loss"] == pytest.approx(total)
        assert metrics["price_half_squared_error"] == pytest.approx(metrics["price_loss"] / 2)
    assert found.epochs[-1].metrics["loss"] < found.epochs[0].metrics["loss"]


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_backends_agree_on_the_metrics(tmp_path, report, backend):
    if backend == "torch":
        pytest.importorskip("torch")
    found = trained(named(), tmp_path, backend=backend, precision="float64")
    assert found.metrics["test"] == pytest.approx(report.metrics["test"], rel=1e-10)


def test_expectations_name_the_metrics_of_outputs(report):
    assert [one.name for one in report.expectations] == [
        "train price_loss", "train kind_accuracy", "test kind_loss",
    ]  # fmt: skip
    assert report.expectations[0].actual == report.metrics["train"]["price_loss"]


def test_an_unknown_expectation_is_refused():
    with pytest.raises(SpecError, match=r"no figure 'price_los'.*'price_loss'"):
        compile_spec(spec(named(expect={"train": {"price_los": 1}})))


def test_the_files_of_a_run(report):
    folder = RunFolder.open(report.run)
    assert folder.spec() == spec(named(expect=folder.spec().plain()["expect"]))
    with (report.run / "history.csv").open() as file:
        assert next(csv.reader(file)) == ["epoch", *NAMES, "seconds"]
    saved = json.loads((report.run / "metrics.json").read_text())
    assert saved["train"] == report.metrics["train"]
    assert list(saved["epochs"][0]) == ["epoch", *NAMES, "seconds"]
    assert list(json.loads((report.run / "preprocessing.json").read_text())["targets"]) == [
        "price", "kind",
    ]  # fmt: skip


def test_a_run_is_evaluated_again(report):
    assert TrainedRun.open(report.run, REFERENCE).evaluate(RunListener()) == report.metrics


def test_a_run_predicts_each_output(report):
    opened = TrainedRun.open(report.run, REFERENCE)
    given = opened.rows("test")
    found = opened.predict_outputs(given.raw)
    assert {name: array.shape for name, array in found.items()} == {"price": (2, 1), "kind": (2, 3)}
    np.testing.assert_allclose(found["kind"].sum(axis=1), 1)
    assert given.targets["kind"].tolist() == [1, 2]
    error = np.mean((found["price"][:, 0] - given.targets["price"]) ** 2)
    assert error == pytest.approx(report.metrics["test"]["price_loss"])


def test_a_run_predicts_from_an_archive_with_the_names_of_the_inputs(report, tmp_path):
    opened = TrainedRun.open(report.run, REFERENCE)
    np.savez(tmp_path / "new.npz", words=np.array(WORDS), image=np.array(IMAGES))
    found = opened.predict_outputs(opened.rows(str(tmp_path / "new.npz")).raw)
    expected = opened.predict_outputs(opened.rows("train").raw)
    assert all((found[name] == expected[name]).all() for name in expected)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"image": np.ones((1, 2))}, "no array 'words'"),
        ({"image": np.ones((1, 2)), "words": np.ones((2, 3), int)}, "1 rows of image, 2 rows of"),
        (
            {"image": np.ones((1, 2)), "words": np.full((1, 3), 4)},
            "row 0 of words, column 0: 4 has no vector",
        ),
        (
            {"image": np.ones((1, 5)), "words": np.ones((1, 3), int)},
            "a row of image is .5. and must be .2.",
        ),
        ({"image": np.ones((1, 2)), "words": np.array([["a"]])}, "words in .* not text"),
    ],
)
def test_rows_that_do_not_fit_are_an_error(report, tmp_path, arrays, message):
    opened = TrainedRun.open(report.run, REFERENCE)
    np.savez(tmp_path / "new.npz", **arrays)
    with pytest.raises(DataError, match=message):
        opened.predict(opened.rows(str(tmp_path / "new.npz")).raw)


def test_one_prediction_of_several_outputs_is_refused(report):
    opened = TrainedRun.open(report.run, REFERENCE)
    with pytest.raises(DataError, match="needs one array, and there are 2: price, kind"):
        opened.predict(opened.rows("test").raw)


def test_a_run_goes_on_where_it_stopped(tmp_path):
    report = run(spec(named(train={"epochs": 2, "batch_size": 4})), REFERENCE, tmp_path)
    whole = run(spec(named(train={"epochs": 4, "batch_size": 4})), REFERENCE, tmp_path)
    assert resume(report.run, ["train.epochs=4"]).weights_sha256 == whole.weights_sha256


def test_a_row_of_the_data_has_each_input(report):
    row = NetworkWithWeights.open(report.run, []).data_row(1, "train")
    assert row.inputs["words"].tolist() == [WORDS[1]]
    assert row.targets["kind"].tolist() == [1]
    assert row.rows.rows == 1


def test_a_given_row_of_several_inputs_is_refused(report):
    network = NetworkWithWeights.open(report.run, [])
    with pytest.raises(DataError, match="the network has the inputs image, words"):
        network.given_row(np.ones(2), None)
