"""A run that is trained again is the same, or it is said what differs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import RunError, SpecError
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.reproduction import reproduce
from nnspec.runs.resume import recorded_compute, resume
from nnspec.runs.trainer import run
from nnspec.spec import loader
from tests.small_runs import change_file

SPEC = """
name: small
data: {source: {npz: rows.npz}, inputs: [standardize]}
network: {layers: [{dense: {units: 4, activation: tanh}}, {dropout: 0.3}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.05}}
train: {epochs: 3, batch_size: 4, seed: 5}
"""


@pytest.fixture
def folder(tmp_path):
    """The folder of a run, beside its spec and its data."""
    write_rows(tmp_path)
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    return RunFolder(run(loader.load(tmp_path / "s.yaml"), out=tmp_path / "runs").run)


def write_rows(path, scale=1.0):
    x = np.random.default_rng(0).normal(size=(20, 3))
    y = scale * (x @ [1.0, -2.0, 0.5])
    np.savez(path / "rows.npz", x_train=x, y_train=y, x_test=x, y_test=y)


def again(folder, tmp_path, **changes):
    compute = recorded_compute(folder.path)._replace(**changes)
    return reproduce(folder, compute, tmp_path / "again", RunListener())


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
def test_a_run_is_bit_identical(folder, tmp_path, precision):
    spec = loader.load(tmp_path / "s.yaml")
    made = run(spec, ComputeConfig(precision=precision), tmp_path / "runs").run
    found = again(RunFolder(made), tmp_path)
    assert (found.verdict, found.weights_difference, found.causes) == ("bit-identical", 0.0, {})


def test_one_that_was_resumed_is_bit_identical(folder, tmp_path):
    resume(folder.path, ["train.epochs=5"])
    assert again(folder, tmp_path).verdict == "bit-identical"


def test_another_engine_is_within_the_tolerance(folder, tmp_path):
    found = again(folder, tmp_path, backend="numpy:reference")
    assert found.verdict == "within tolerance"
    assert 0 < found.weights_difference < 1e-4
    assert found.causes == {"backend": ("numpy", "numpy:reference")}


def test_another_precision_is_named(folder, tmp_path):
    found = again(folder, tmp_path, precision="float64")
    assert (found.verdict, list(found.causes)) == ("within tolerance", ["precision"])


def test_other_data_are_named(folder, tmp_path):
    write_rows(tmp_path, scale=2.0)
    found = again(folder, tmp_path)
    assert (found.verdict, list(found.causes)) == ("different", ["data_sha256"])
    assert found.plain()["causes"]["data_sha256"][0] == folder.environment()["data_sha256"]


def test_another_version_is_named_where_the_weights_differ(folder, tmp_path):
    values = json.loads((folder.path / "environment.json").read_text())
    change_file(folder.path, "environment.json", json.dumps({**values, "numpy": "1.0"}).encode())
    assert again(folder, tmp_path).causes == {}
    write_rows(tmp_path, scale=2.0)
    assert set(again(folder, tmp_path).causes) == {"data_sha256", "numpy"}


def test_a_change_on_the_way_is_named(folder, tmp_path):
    words = ["train.epochs=6", "optimizer.adam.learning_rate=0.5"]
    resume(folder.path, words, accept_changes=True)
    found = again(folder, tmp_path)
    assert found.verdict == "different"
    assert found.changes == ("optimizer.adam.learning_rate was 0.05",)


def test_data_that_are_gone_are_told_at_the_source(folder, tmp_path):
    Path(tmp_path / "rows.npz").unlink()
    with pytest.raises(SpecError, match=r"there is no file .*rows\.npz"):
        again(folder, tmp_path)


def test_a_run_that_has_not_finished_is_refused(folder, tmp_path):
    class Stop(RunListener):
        def should_stop(self):
            return True

    stopped = run(loader.load(tmp_path / "s.yaml"), out=tmp_path / "runs", listener=Stop()).run
    with pytest.raises(RunError, match=r"was interrupted .*: there is nothing to compare with"):
        again(RunFolder(stopped), tmp_path)
