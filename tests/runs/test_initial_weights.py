"""Trainings that start from the weights of another run."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.randomness.initial_weights import initial_weights
from nnspec.runs.exact_weights import check_weights
from nnspec.runs.folder import RunFolder
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.resume import resume
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.training.diagnosis.evidence import Evidence
from nnspec.training.diagnosis.replay import FailingUpdate
from nnspec.training.session import TrainingSession

SPEC = """
name: start
data: {source: {rows: {inputs: [[1, 2], [3, 4], [0, 1]], targets: [1, 2, 3]}}}
network:
  layers:
    - sequential: {name: base, layers: [{dense: 3}, {dense: 2}]}
    - {dense: {name: head, units: 1}}
loss: mean_squared_error
optimizer: {sgd: {learning_rate: 0.01}}
train: {epochs: 2}
"""


@pytest.fixture
def base(tmp_path):
    """The folder of a run, beside its spec."""
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    return run(loader.load(tmp_path / "s.yaml"), out=tmp_path / "runs").run


def load(base, *overrides):
    return loader.load(base.parents[2] / "s.yaml", ["name=next", *overrides])


def weights_of(path):
    folder = RunFolder(path)
    return folder.weights(compile_spec(folder.spec()))


def drawn(spec):
    return initial_weights(compile_spec(spec), spec.train.seed)


@pytest.mark.parametrize(
    ("layers", "taken"),
    [
        (None, ["base/dense", "base/dense_1", "head"]),
        ("[base]", ["base/dense", "base/dense_1"]),
        ("[base.dense_1]", ["base/dense_1"]),
        ("['base.dens*', head]", ["base/dense", "base/dense_1", "head"]),
        ("['*d']", ["head"]),
    ],
)
def test_the_layers_that_are_named_have_the_weights_of_the_run(base, tmp_path, layers, taken):
    words = ["train={epochs: 0, seed: 7}", "train.initial_weights.run=runs/start/1"]
    spec = load(base, *words, *([f"train.initial_weights.layers={layers}"] if layers else []))
    found, known, others = weights_of(run(spec, out=tmp_path).run), weights_of(base), drawn(spec)
    for name, weight in found.items():
        expected = known if name.rpartition("/")[0] in taken else others
        np.testing.assert_array_equal(weight, expected[name])


def test_a_path_alone_is_the_run_and_its_weights_are_recorded(base, tmp_path):
    report = run(load(base, "train.initial_weights=runs/start"), out=tmp_path)
    recorded = json.loads((report.run / "environment.json").read_text())["initial_weights"]
    trained = json.loads((base / "metrics.json").read_text())["weights_sha256"]
    assert recorded == {"run": str(base), "weights": 6, "weights_sha256": trained}


def test_training_goes_on_as_one_that_did_not_stop_where_nothing_else_is_kept(base, tmp_path):
    """Plain descent has no state but its weights."""
    whole = run(load(base, "train={epochs: 4, batch_size: all, shuffle: false}"), out=tmp_path)
    half = run(load(base, "train={epochs: 2, batch_size: all, shuffle: false}"), out=tmp_path)
    words = (
        "train={epochs: 2, batch_size: all, shuffle: false}",
        f"train.initial_weights={half.run}",
    )
    assert run(load(base, *words), out=tmp_path).weights_sha256 == whole.weights_sha256


def test_another_precision_takes_the_same_numbers(base, tmp_path):
    spec = load(base, "train.epochs=0", "train.initial_weights=runs/start")
    found = weights_of(run(spec, ComputeConfig(precision="float64"), tmp_path).run)
    for name, weight in weights_of(base).items():
        np.testing.assert_array_equal(found[name], weight)


def test_a_run_goes_on_without_the_run_that_it_started_from(base, tmp_path):
    report = run(load(base, "train.initial_weights=runs/start"), out=tmp_path)
    before = (report.run / "environment.json").read_text()
    shutil.rmtree(base)
    resume(report.run, ["train.epochs=3"])
    after = json.loads((report.run / "environment.json").read_text())
    assert after["initial_weights"] == json.loads(before)["initial_weights"]


TWO_OUTPUTS = (
    "network.layers.head.units=2", "data.source.rows.targets=[[1, 1], [2, 2], [3, 3]]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.initial_weights=nowhere"], "nowhere is no run folder"),
        (["train.initial_weights={run: runs/start, layers: []}"], "not an empty list"),
        (["train.initial_weights={run: runs/start, layers: [bas]}"], "no layer .* is 'bas'"),
        (
            ["train.initial_weights=runs/start", *TWO_OUTPUTS],
            r"head/kernel is \(2, 2\) here, and .* has it as \(2, 1\)",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(base, tmp_path, words, message):
    with pytest.raises(SpecError, match=rf"command line:1:\d+: error: .*{message}"):
        run(load(base, *words), out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_diagnosis_compares_with_the_weights_that_the_training_began_with(base):
    spec = load(base, "train.initial_weights={run: runs/start/1, layers: [base]}")
    session = start_from_run(TrainingSession.prepare(spec), print)
    began = session.program.weights()
    state, train = session.program.state(), session.splits.train
    failing = FailingUpdate(began, state, train, np.arange(3), train, {}, None, np.empty(0))
    initial = Evidence(session, failing, ComputeConfig()).initial
    assert initial.keys() == began.keys()
    assert (began["base/dense/kernel"] != drawn(spec)["base/dense/kernel"]).any()
    assert all(np.array_equal(initial[name], began[name]) for name in began)


def test_an_expected_hash_is_that_of_updates_from_the_runs_weights(base):
    exact = ComputeConfig(precision="exact")
    spec = load(base, f"train.initial_weights={base}")
    report = run(spec, exact, base.parents[1])
    assert check_weights(spec, exact).weights_sha256 == report.weights_sha256
    expected = f"expect.weights_sha256={{updates: 1, value: '{'0' * 64}'}}"
    spec = load(base, f"train.initial_weights={base}", expected)
    first = check_weights(spec, exact).weights_sha256
    (one,) = run(spec, exact, base.parents[1]).expectations
    assert (one.actual, one.met) == (first, False)
    shutil.rmtree(base)
    (one,) = resume(base.parents[1] / "next", ["train.epochs=3"]).expectations
    assert (one.met, one.detail) == (None, "the run that it began with is not read again")
