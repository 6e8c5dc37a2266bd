"""`nnspec lint`, and its advice in `nnspec check`."""

from tests.cli.conftest import written
from tests.small_runs import mnist, rows

TOO_FAST = {"sgd": 3}


def test_advice_changes_no_exit_code(nnspec, tmp_path):
    written(tmp_path, rows(optimizer=TOO_FAST))
    lint, check = nnspec("lint", "small.yaml"), nnspec("check", "small.yaml")
    assert (lint.code, lint.err, check.code, check.err) == (0, "", 0, "")
    assert lint.out.startswith("small.yaml:")
    assert "advice: the learning rate reaches 3 [learning-rate]" in lint.out
    assert check.out == f"small.yaml: ok, 3 parameters\n{lint.out}"


def test_json(nnspec, tmp_path):
    written(tmp_path, rows(optimizer=TOO_FAST))
    assert (
        nnspec("lint", "small.yaml", "--json").json == nnspec("check", "small.yaml", "--json").json
    )
    (found,) = nnspec("lint", "small.yaml", "--json").json
    (problem,) = found["problems"]
    assert found["ok"] is True
    assert (problem["severity"], problem["code"]) == ("advice", "learning-rate")
    assert problem["line"] > 1


def test_a_silenced_spec(nnspec, tmp_path):
    written(tmp_path, rows(optimizer=TOO_FAST, silence=["learning-rate"]))
    assert nnspec("lint", "small.yaml").out == "small.yaml: no advice\n"


def test_a_wrong_spec(nnspec, tmp_path):
    written(tmp_path, rows(optimizer=TOO_FAST, silence=["learning_rate"]))
    done = nnspec("lint", "small.yaml", "missing.yaml")
    assert (done.code, done.out) == (2, "")
    assert "there is no advice 'learning_rate'" in done.err
    assert "did you mean 'learning-rate'?" in done.err


def test_missed_expectations_are_reported_by_check_only(nnspec, tmp_path):
    written(tmp_path, mnist(expect={"parameters": 1}, silence=["pixel-positions"]))
    assert nnspec("check", "small.yaml").code == 1
    assert nnspec("lint", "small.yaml").code == 0
    assert nnspec("lint", "small.yaml").out == "small.yaml: no advice\n"
