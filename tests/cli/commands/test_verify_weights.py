"""`nnspec verify`: the weights of an exact training and those that a spec expects."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nnspec.cli.main import run
from nnspec.compute import ComputeConfig
from nnspec.runs.exact_weights import check_weights
from nnspec.runs.trainer import run as train
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.loader import load
from nnspec.training.session import TrainingSession
from tests.engines import HERE, compared
from tests.paths import SPECS

NAMES = ("mlp", "cnn", "residual", "xor")
FEW = ["data.source.mnist.test_rows=100"]  # they change no update
UPDATES = 10

SPEC = """
data: {source: {rows: {inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}}}
network: {layers: [{dense: {units: 3, activation: tanh}}, {dense: {units: 1, activation: sigmoid}}]}
loss: binary_crossentropy
optimizer: {adam: 0.1}
train: {epochs: 3, batch_size: 3}
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def expecting(spec, value):
    spec.write_text(f"{SPEC}expect: {{weights_sha256: {value}}}\n")


def hash_of(spec, capsys, *words):
    assert run(["verify", str(spec), "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)["weights_sha256"]


# The others compile long; test_promises.py and test_one_answer.py train such networks on all.
ENGINES = {"cnn": {"numpy", "torch", "keras:tensorflow"}, "residual": {"numpy", "torch"}}


def engines_of(name):
    return [engine for engine in HERE if engine in ENGINES.get(name, HERE)]


@pytest.mark.parametrize("name", NAMES)
def test_the_specs_keep_their_promise_on_numpy(name):
    found = check_weights(
        load(SPECS / f"{name}.yaml", FEW if name != "xor" else ()), ComputeConfig()
    )
    assert (found.updates, found.met) == (UPDATES, True)


@pytest.mark.framework
@pytest.mark.parametrize("name", NAMES)
def test_the_specs_keep_their_promise_on_every_engine(name):
    spec = load(SPECS / f"{name}.yaml", FEW if name != "xor" else ())
    found = compared(spec, "exact", UPDATES, *engines_of(name))
    expected = spec.expect.weights_sha256.value
    assert found.weights_sha256 == expected
    assert {one.weights_sha256 for one in found.backends.values()} == {expected}


def test_updates_are_those_of_the_training(spec, capsys):
    """Six updates are all: the hash is that which `run` prints, and the first is that of one."""
    report = train(load(spec), ComputeConfig(precision="exact"), spec.parent)
    assert hash_of(spec, capsys) == hash_of(spec, capsys, "--updates", "6") == report.weights_sha256
    session = TrainingSession.prepare(
        load(spec, ["train.epochs=1", "train.shuffle=false"]), ComputeConfig(precision="exact")
    )
    rows = session.program.upload(session.training.inputs, session.training.targets)
    session.program.train(rows, [np.array([0, 1, 2])])
    one = hash_of(spec, capsys, "train.shuffle=false", "--updates", "1")
    assert one == weights_sha256(session.program.weights())


def test_verify_and_run_compare_the_expected_hash(spec, capsys):
    good, bad = hash_of(spec, capsys, "--updates", "4"), "0" * 64
    for value, code in ((good, 0), (bad, 1)):
        expecting(spec, f'{{updates: 4, value: "{value}"}}')
        assert run(["verify", str(spec)]) == code
        assert f"4 updates on numpy {good}" in capsys.readouterr().out
        assert run(["run", str(spec), "--precision", "exact", "--json"]) == code
        (one,) = json.loads(capsys.readouterr().out)["expectations"]
        assert (one["met"], one["actual"], one["expected"]) == (code == 0, good, value)


def test_the_hash_at_the_end_needs_no_updates(spec, capsys):
    expecting(spec, hash_of(spec, capsys))
    assert run(["verify", str(spec)]) == 0
    assert run(["run", str(spec), "--precision", "exact"]) == 0
    assert ", as expected" in capsys.readouterr().out


def test_another_precision_says_that_nothing_is_compared(spec, capsys):
    expecting(spec, f'"{"0" * 64}"')
    assert run(["run", str(spec)]) == 0
    out = capsys.readouterr().out
    assert "not compared" in out
    assert "--precision exact, and this is float32" in out
    assert run(["evaluate", str(spec.parent / "runs" / "spec")]) == 0
    assert "it needs a training" in capsys.readouterr().out


def test_a_shorter_training_says_that_nothing_is_compared(spec, capsys):
    expecting(spec, f'{{updates: 4, value: "{"0" * 64}"}}')
    assert run(["run", str(spec), "train.epochs=1", "--precision", "exact"]) == 0
    assert "the training makes 2 updates" in capsys.readouterr().out
    assert run(["verify", str(spec), "train.epochs=1"]) == 2
    assert "spec.yaml:7:36: error: the training makes 2 updates, not 4" in capsys.readouterr().err


def test_too_many_updates_are_told_at_the_option(spec, capsys):
    assert run(["verify", str(spec), "--updates", "7"]) == 2
    assert "the training makes 6 updates, not 7" in capsys.readouterr().err


def test_a_training_that_diverges_has_no_hash(spec, capsys):
    words = ["optimizer={sgd: 1.0e+300}", "loss=mean_squared_error", "network.layers=[{dense: 1}]"]
    assert run(["verify", str(spec), *words]) == 2
    assert "diverged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["train.epochs=0"],
        ["optimizer.adam.use_ema=true"],
        ["train={epochs: 30, batch_size: 3, early_stopping: {restore_best: true, patience: 1}}",
         "optimizer.adam.learning_rate=5"],
    ],
)  # fmt: skip
def test_the_hash_at_the_end_is_that_of_run(spec, words):
    compute = ComputeConfig(precision="exact")
    loaded = load(spec, words)
    report = train(loaded, compute, spec.parent)
    assert check_weights(loaded, compute).weights_sha256 == report.weights_sha256
