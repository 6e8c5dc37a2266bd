"""A run that is trained again is the same, or it is said what differs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from nnspec.compute import ComputeConfig
from nnspec.errors import RunError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.reproduction import reproduce
from nnspec.runs.resume import recorded_compute, resume
from nnspec.runs.trainer import run
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec import loader
from tests.runs.dropout_run import SPEC, write_rows
from tests.small_runs import change_file


@pytest.fixture
def folder(tmp_path):
    """The folder of a run, beside its spec and its data."""
    write_rows(tmp_path)
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    return RunFolder(run(loader.load(tmp_path / "s.yaml"), out=tmp_path / "runs").run)


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


def edit_spec(old, new):
    """An edit of `spec.yaml` that is accepted."""

    def change(folder):
        text = (folder.path / "spec.yaml").read_text()
        assert old in text
        change_file(folder.path, "spec.yaml", text.replace(old, new))

    return change


def edit_weights(folder):
    path = folder.path / "weights.safetensors"
    scaled = {name: array * np.float32(1.5) for name, array in load(path.read_bytes()).items()}
    change_file(folder.path, path.name, save(scaled))


def made_with(**changes):
    """As if the run had been made where `environment.json` says, and its last bits were others."""

    def change(folder):
        weights = folder.weights(compile_spec(folder.spec()))
        moved = {name: np.nextafter(array, np.float32(9)) for name, array in weights.items()}
        change_file(folder.path, "weights.safetensors", save(moved))
        metrics = json.loads((folder.path / "metrics.json").read_text())
        metrics["weights_sha256"] = weights_sha256(moved)
        change_file(folder.path, "metrics.json", json.dumps(metrics))
        values = {**folder.environment(), **changes}
        change_file(folder.path, "environment.json", json.dumps(values))

    return change


def other_rows(folder):
    write_rows(folder.path.parents[2], scale=2.0)


def nothing(_):
    """Change nothing."""


@pytest.mark.parametrize(
    ("change", "compute", "causes", "verdict"),
    [
        (other_rows, {}, ["data_sha256"], "different"),
        (nothing, {"backend": "numpy:reference"}, ["backend"], "within tolerance"),
        (nothing, {"precision": "float64"}, ["precision"], "within tolerance"),
        (made_with(numpy="1.0"), {}, ["numpy"], "within tolerance"),
        (made_with(nnspec="0.0.1", python="3.9.0"), {}, ["nnspec", "python"], "within tolerance"),
        (made_with(device="cuda"), {"device": "cpu"}, ["device"], "within tolerance"),
        (made_with(cpu_features="NEON"), {}, ["cpu_features"], "within tolerance"),
        (made_with(threads=99), {}, ["threads"], "within tolerance"),
        (made_with(platform="BeOS"), {}, ["platform"], "within tolerance"),
        (made_with(), {}, [], "within tolerance"),
        (edit_spec("seed: 5", "seed: 6"), {}, ["seed", "train.seed"], "different"),
        (edit_spec("rate: 0.05", "rate: 0.9"), {}, ["optimizer.adam.learning_rate"], "different"),
        (edit_spec("dropout: {rate: 0.3}", "dropout: {rate: 0.9}"), {},
         ["network.layers.1.dropout.rate"], "different"),
        (edit_spec("epochs: 3", "epochs: 30"), {}, ["train.epochs"], "different"),
        (edit_spec("epochs: 3", "steps: 20"), {}, ["train.epochs", "train.steps"], "different"),
        (edit_weights, {}, ["weights.safetensors"], "different"),
    ],
    ids=["data", "backend", "precision", "numpy", "versions", "device", "cpu", "threads",
         "platform", "nothing", "seed", "optimizer", "layer", "epochs", "steps", "weights"],
)  # fmt: skip
def test_what_differs_is_named(folder, tmp_path, change, compute, causes, verdict):
    change(folder)
    found = again(folder, tmp_path, **compute)
    assert sorted(found.causes) == causes
    assert found.verdict == verdict
    for then, now in found.plain()["causes"].values():
        assert then != now


def test_the_run_to_start_from_is_named(folder, tmp_path):
    """Its weights are compared, not its place."""
    words = ["name=next", f"train.initial_weights={folder.path}"]
    made = RunFolder(run(loader.load(tmp_path / "s.yaml", words), out=tmp_path / "runs").run)
    assert again(made, tmp_path).verdict == "bit-identical"
    edit_weights(folder)
    assert list(again(made, tmp_path).causes) == ["initial_weights"]


def test_another_version_that_gives_the_same_bits_is_no_cause(folder, tmp_path):
    values = {**folder.environment(), "numpy": "1.0"}
    change_file(folder.path, "environment.json", json.dumps(values))
    found = again(folder, tmp_path)
    assert (found.verdict, found.causes) == ("bit-identical", {})


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
