"""Runs of the Python interface: callbacks, folders, figures, pickling."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run as command_line
from tests.small_runs import NAMED_ROWS, named, rows

SPEC = """
network: {layers: [{dense: {units: 4, activation: relu}}, {dense: 1}]}
loss: mean_squared_error
optimizer: adam
metrics: [mean_absolute_error]
train: {epochs: 3, batch_size: 8}
"""
X = np.random.default_rng(0).normal(size=(24, 3))
Y = X @ [1.0, 2.0, 3.0]


def test_a_run_in_memory_is_the_run_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    memory = nnspec.run(SPEC, data=(X, Y), test_data=(X[:5], Y[:5]))
    assert list(tmp_path.iterdir()) == []
    kept = nnspec.run(SPEC, data=(X, Y), test_data=(X[:5], Y[:5]), folder="runs")
    opened = nnspec.open("runs/network")
    assert memory.folder is None
    assert kept.folder.resolve() == opened.folder.resolve() == tmp_path / "runs/network/1"
    for other in (kept, opened):
        assert memory.metrics == other.metrics
        assert memory.history["loss"] == other.history["loss"]
        assert (memory.predict(X) == other.predict(X)).all()
        assert all((memory.weights[name] == other.weights[name]).all() for name in other.weights)


def test_the_rows_of_a_source_are_used_as_by_the_command_line(tmp_path, capsys):
    values = rows(name="xor", train={"epochs": 2})
    path = tmp_path / "xor.yaml"
    path.write_text(json.dumps(values))
    assert command_line(["run", str(path), "--json", "-o", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    run = nnspec.run(values)
    assert run.metrics["train"] == told["train"]
    assert run.evaluate("train") == told["train"]


def test_an_epoch_whose_callback_returns_true_is_the_last(tmp_path):
    seen = []
    for folder in (None, tmp_path):
        run = nnspec.run(
            SPEC, data=(X, Y), folder=folder,
            on_epoch_end=lambda epoch: seen.append(epoch.epoch) or np.equal(epoch.epoch, 2),
        )  # fmt: skip
        assert run.stopped
        assert run.epochs == 2
        assert run.metrics["train"] == run.evaluate((X, Y))
        two = nnspec.run(SPEC, {"train.epochs": 2}, data=(X, Y))
        assert (run.predict(X) == two.predict(X)).all()
    assert seen == [1, 2, 1, 2]


def test_a_run_of_steps(tmp_path):
    length = {"train.steps": 3, "train.batch_size": 2}
    for folder in (None, tmp_path):
        run = nnspec.run(SPEC, length, data=(X, Y), folder=folder)
        for one in (run, copy.deepcopy(run), run.without_rows()):
            assert not one.stopped
            assert "3 of 3 steps" in repr(one)
    run = nnspec.run(
        SPEC, {"train.steps": 99, "train.steps_per_epoch": 2}, data=(X, Y),
        on_epoch_end=lambda epoch: epoch.epoch == 3,
    )  # fmt: skip
    assert run.stopped
    assert "6 of 99 steps" in repr(run)


def test_the_history_has_nan_where_an_epoch_was_not_validated(tmp_path):
    rare = {"train.epochs": 3, "train.validation_freq": 2, "train.validation_split": 0.5}
    for folder in (None, tmp_path):
        run = nnspec.run(SPEC, rare, data=(X, Y), folder=folder)
        assert np.isnan(run.history["val_loss"]).tolist() == [True, False, False]
        assert "<img" in run._repr_html_()
    opened = nnspec.open(run.folder)
    assert np.isnan(opened.history["val_loss"]).tolist() == [True, False, False]
    epochs = json.loads((run.folder / "metrics.json").read_text())["epochs"]
    assert ["validation" in epoch for epoch in epochs] == [False, True, True]


@pytest.mark.parametrize("result", [1, "stop", None])
def test_other_results_of_a_callback_stop_nothing(result):
    run = nnspec.run(SPEC, data=(X, Y), on_epoch_end=lambda _: result)
    assert not run.stopped
    assert not nnspec.run(SPEC, data=(X, Y), on_epoch_end=lambda epoch: epoch.epoch == 3).stopped


def test_what_a_callback_raises_reaches_the_caller(tmp_path):
    for folder in (None, tmp_path):
        with pytest.raises(ZeroDivisionError):
            nnspec.run(SPEC, data=(X, Y), folder=folder, on_progress=lambda _: 1 / 0)
    status = json.loads((tmp_path / "network/1/metrics.json").read_text())["status"]
    assert status == "failed"


def pickled(run):
    return pickle.loads(pickle.dumps(run))  # noqa: S301


@pytest.mark.parametrize("copied", [pickled, copy.deepcopy, nnspec.Run.without_rows])
def test_a_copy_predicts_the_same_and_has_no_rows(copied):
    run = nnspec.run(named())
    other = copied(run)
    inputs = NAMED_ROWS["test"]["inputs"]
    assert all((run.predict(inputs)[n] == y).all() for n, y in other.predict(inputs).items())
    assert other.metrics == run.metrics
    assert other.history == run.history
    with pytest.raises(nnspec.DataError, match="not kept with it"):
        other.evaluate()


def test_several_inputs_and_outputs_are_maps():
    spec = nnspec.load(named())
    test = NAMED_ROWS["test"]
    run = nnspec.run(
        spec, data=(NAMED_ROWS["inputs"], NAMED_ROWS["targets"]),
        test_data=(test["inputs"], test["targets"]),
    )  # fmt: skip
    assert run.metrics == nnspec.run(spec).metrics
    assert {n: y.shape for n, y in run.predict(test["inputs"]).items()} == {
        "price": (2, 1),
        "kind": (2, 3),
    }


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_other_backends_predict_the_same(backend):
    run = nnspec.run(SPEC, data=(X, Y), precision="float64")
    other = nnspec.run(SPEC, data=(X, Y), precision="float64", backend=backend)
    np.testing.assert_allclose(other.predict(X), run.predict(X), rtol=1e-9)
    np.testing.assert_allclose(pickled(other).predict(X), other.predict(X), rtol=1e-12)


def test_early_stopping_and_initial_weights_are_those_of_a_run_in_a_folder(tmp_path):
    stopping = {"train.early_stopping": {"monitor": "loss", "min_delta": 1e9}, "train.epochs": 9}
    kept = nnspec.run(SPEC, stopping, data=(X, Y), folder=tmp_path)
    run = nnspec.run(SPEC, stopping, data=(X, Y))
    assert run.epochs == kept.epochs < 9
    assert (run.predict(X) == kept.predict(X)).all()
    start = {"train.initial_weights": {"run": str(kept.folder)}, "train.epochs": 0}
    assert (nnspec.run(SPEC, start, data=(X, Y)).predict(X) == kept.predict(X)).all()


def test_a_run_in_memory_is_not_tracked():
    with pytest.raises(nnspec.SpecError, match="overrides:1:1: error: track needs a run folder"):
        nnspec.run(SPEC, {"track": ["tensorboard"]}, data=(X, Y))


def test_divergence_is_told_at_the_learning_rate():
    overrides = {"optimizer": "sgd", "train.epochs": 99, "optimizer.learning_rate": 1e9}
    with pytest.raises(nnspec.SpecError, match="overrides:1:25: error: training diverged") as told:
        nnspec.run(SPEC, overrides, data=(X, Y))
    assert told.value.diagnosis["cause"] == "learning-rate"
    sent = pickle.loads(pickle.dumps(told.value))  # noqa: S301  (as a process sends it)
    assert (sent.diagnosis, str(sent)) == (told.value.diagnosis, str(told.value))


def test_notebooks_show_escaped_html():
    spec = nnspec.load({**rows(), "name": "a"}, {"network.layers.0.name": "b"})
    run = nnspec.run(spec, {"train.epochs": 2})
    html = run._repr_html_()
    assert "data:image/svg+xml;base64," in html
    assert "&lt;Run" in html
    assert f"{run.metrics['train']['loss']:.4g}" in html
    assert "<pre>name: a" in spec._repr_html_()
    assert "<details>" in run.network._repr_html_()
    evil = {"csv": {"path": "<script>.csv"}}
    assert "<script>" not in nnspec.load(rows(), {"data.source": evil})._repr_html_()


def test_expectations_and_advice_of_the_spec():
    expect = {"parameters": 21, "train": {"loss": 1000.0}}
    run = nnspec.run(SPEC, {"expect": expect, "train.epochs": 1}, data=(X, Y))
    assert [(one.name, one.met) for one in run.expectations] == [
        ("parameters", True),
        ("train loss", False),
    ]
    constant = nnspec.run(SPEC, {"data": {"source": "arrays"}}, data=(0 * X, Y))
    assert all(advice.severity == "advice" for advice in constant.advice)


def test_expectations_of_weights_and_behaviour_are_told(tmp_path):
    expect = {
        "validation": {"loss": {"at_most": 1e9}},
        "weights_sha256": {"value": "0" * 64},
        "behaviour": [{"overfits_one_batch": {"updates": 1, "loss_ratio": 1e-9}}],
    }
    words = {"expect": expect, "train.epochs": 1}
    names = ["validation loss", "weights_sha256", "overfits_one_batch"]
    known = {"data": (X, Y), "validation_data": (X[:4], Y[:4])}
    in_memory = nnspec.run(SPEC, words, **known)
    kept = nnspec.run(SPEC, words, **known, folder=tmp_path)
    assert [(one.name, one.met) for one in kept.expectations] == [
        (names[0], True), (names[1], None), (names[2], False),
    ]  # fmt: skip
    assert in_memory.expectations == kept.expectations
    assert nnspec.open(tmp_path / "network").expectations == kept.expectations
    assert copy.deepcopy(kept).expectations == kept.expectations


def test_the_rows_that_python_gave_are_not_in_a_folder(tmp_path):
    nnspec.run(SPEC, data=(X, Y), folder=tmp_path)
    with pytest.raises(nnspec.DataError, match="given in Python"):
        nnspec.open(tmp_path / "network").evaluate("train")


@pytest.mark.parametrize(
    "call",
    [
        lambda: nnspec.run(SPEC), lambda: nnspec.run(None),
        lambda: nnspec.run(SPEC, data=(X, Y), backend="nump"),
        lambda: nnspec.run(SPEC, data=(X, Y), precision="half"),
        lambda: nnspec.run(SPEC, data=(X, Y), on_epoch_end=3),
        lambda: nnspec.run(SPEC, data=(X, Y), folder=3), lambda: nnspec.open(None),
        lambda: nnspec.run(SPEC, data=(X, Y)).evaluate("tset"),
        lambda: nnspec.run(SPEC, data=(X, Y)).evaluate("validation"),
        lambda: nnspec.run(SPEC, data=(X, Y)).evaluate(X),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told(call):
    with pytest.raises(nnspec.NnspecError):
        call()


def test_a_run_with_the_weights_of_a_checkpoint(tmp_path):
    words = ["train.checkpoint={monitor: val_loss, mode: max, every_steps: 3, keep: 3}"]
    kept = nnspec.run(SPEC, words, data=(X, Y), validation_data=(X, -Y), folder=tmp_path)
    best, opened = kept.checkpoint("best"), nnspec.open(tmp_path / "network", checkpoint="best")
    last, first = kept.checkpoint(9), kept.checkpoint(3)
    assert last.metrics == kept.metrics != first.metrics
    np.testing.assert_array_equal(best.predict(X), opened.predict(X))
    highest = 1 + int(np.argmax(kept.history["val_loss"]))
    np.testing.assert_array_equal(best.predict(X), kept.checkpoint(3 * highest).predict(X))
    with pytest.raises(nnspec.NnspecError, match="there are: best, 9, 6, 3"):
        kept.checkpoint(4)
    with pytest.raises(nnspec.NnspecError, match="in memory alone"):
        nnspec.run(SPEC, data=(X, Y)).checkpoint("best")
