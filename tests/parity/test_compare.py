"""Comparison of backends: agreement, and the first difference."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.paths import PLUGIN

pytestmark = pytest.mark.framework

KEYS = {"weights0", "forward", "gradient", "loss", "weights", "accuracy", "first_difference"}


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(
        """
data:
  source: {mnist: {train_rows: 100, test_rows: 50}}
  inputs: [flatten, {divide: 255}]
network:
  layers:
    - dense: {units: 8, activation: tanh}
    - dropout: 0.5
    - dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
metrics: [accuracy]
train: {epochs: 2, batch_size: 7}
"""
    )
    return path


def parity(*arguments):
    paths = os.pathsep.join(filter(None, [str(PLUGIN), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "nnspec", "parity", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
def test_backends_that_agree(spec, precision):
    done = parity(spec, "--backends", "numpy,tiny", "--precision", precision, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["reference"] == "numpy"
    assert found["steps"] == 30  # two epochs of 15 batches
    tiny = found["backends"]["tiny"]
    assert tiny.keys() >= KEYS
    assert tiny["first_difference"] is None
    assert tiny["weights"] <= {"float32": 2e-6, "float64": 1e-12, "exact": 0}[precision]
    assert (tiny["weights_sha256"] == found["weights_sha256"]) or precision != "exact"


def test_class_weights_and_oversampling_are_those_of_a_run(spec):
    changes = ["train.class_weight=balanced", "train.oversample=true"]
    done = parity(spec, *changes, "--backends", "numpy,tiny", "--precision", "exact", "--json")
    found = json.loads(done.stdout)
    assert found["backends"]["tiny"]["weights_sha256"] == found["weights_sha256"]
    assert found["steps"] > 30  # batches of rows that are drawn again
    with_weights = found["weights_sha256"]
    done = parity(spec, changes[1], "--backends", "numpy,tiny", "--precision", "exact", "--json")
    assert json.loads(done.stdout)["weights_sha256"] != with_weights


def test_the_first_difference_is_named(spec):
    done = parity(spec, "--backends", "numpy,wrong", "--precision", "float64", "--json")
    first = json.loads(done.stdout)["backends"]["wrong"]["first_difference"]
    assert done.returncode == 1
    assert first["step"] == 0
    assert first["what"] == "gradient"
    assert 2e-8 < first["amount"] < 4e-8


def test_the_printed_table(spec):
    done = parity(spec, "--backends", "numpy,tiny", "--steps", "3", "--precision", "float64")
    assert "tiny: nothing beyond rounding" in done.stdout
    assert "3 updates in float64" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backends", "numpy"], "at least two backends"),
        (["--backends", "numpy,nonsense"], "there is no backend 'nonsense'"),
        (["--steps", "0"], "neither a number of updates"),
    ],
)
def test_bad_usage(spec, arguments, message):
    done = parity(spec, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
