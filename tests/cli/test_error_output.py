"""Errors as JSON, and arguments that would be ignored."""

from __future__ import annotations

import pytest

from tests.cli.conftest import written
from tests.small_runs import rows

LINEAR = ("network.layers.0.dense.activation=linear", "loss=mean_squared_error", "train.epochs=9")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "rows.yaml", "loss=x", "--json"), "spec", "there is no loss 'x'"),
        (("summary", "gone.yaml", "--json"), "spec", "cannot read gone.yaml"),
        (("run", "--json"), "usage", "Missing argument 'SPEC'"),
        (("run", "rows.yaml", "--nope", "--json"), "usage", "No such option"),
        (
            ("run", "rows.yaml", "optimizer.sgd=1e30", *LINEAR, "--json"),
            "diverged",
            "training diverged",
        ),
    ],
)
def test_an_error_is_one_json_object(nnspec, tmp_path, arguments, code, message):
    written(tmp_path, rows(), "rows.yaml")
    done = nnspec(*arguments)
    assert (done.code, done.json["ok"]) == (2, False)
    (problem,) = done.json["problems"]
    assert problem["code"] == code
    assert message in problem["message"]
    assert message in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "rows.yaml", "--seed", "1", "--seed=2"), "--seed is given twice"),
        (("run", "rows.yaml", "--seed", "1", "train.seed=2"), "train.seed=2 are both given"),
        (("parity", "rows.yaml", "--backends", "numpy", "--against", "torch"), "one of the two"),
    ],
)
def test_no_argument_is_ignored(nnspec, tmp_path, arguments, message):
    written(tmp_path, rows(), "rows.yaml")
    done = nnspec(*arguments)
    assert (done.code, message in done.err) == (2, True)


def test_what_a_spec_lacks_has_a_place(nnspec, tmp_path):
    (tmp_path / "a.yaml").write_text("network: {input_shape: 2, layers: [{dense: 3}]}\n\n")
    for command in ("run", "tune", "loss-surface"):
        assert nnspec(command, "a.yaml").err.startswith("a.yaml:2:1: error: the spec has no ")
    done = nnspec("run", "a.yaml", "loss=mean_squared_error", "optimizer=sgd")
    assert done.err.startswith("a.yaml:2:1: error: the spec has no data section")


def test_a_run_takes_no_overrides(nnspec, tmp_path):
    nnspec("run", written(tmp_path, rows(), "rows.yaml"))
    done = nnspec("apply", "runs/rows", "train.epochs=3")
    assert done.code == 2
    assert done.err.startswith("command line:1:1: error: a run has the values")


def test_variables_that_nothing_reads_are_told(nnspec, small, monkeypatch):
    monkeypatch.setenv("NNSPEC_THREAD", "2")
    done = nnspec("summary", small)
    assert done.code == 0
    assert "no variable 'NNSPEC_THREAD' (did you mean 'NNSPEC_THREADS'?)" in done.err


def test_json_with_a_value_is_refused_as_json(nnspec):
    done = nnspec("check", "x.yaml", "--json=1")
    assert (done.code, done.json["ok"]) == (2, False)


def test_a_variable_that_resembles_none_is_not_guessed(nnspec, tmp_path, monkeypatch):
    monkeypatch.setenv("NNSPEC_BACKEND", "torch")
    done = nnspec("check", written(tmp_path, rows()))
    known = "known: NNSPEC_CACHE, NNSPEC_DATA, NNSPEC_PROGRESS, NNSPEC_THREADS"
    assert f"no variable 'NNSPEC_BACKEND' ({known})" in done.err
