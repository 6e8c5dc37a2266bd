"""Results of a study: statistics, the best setting, completeness, CSV."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from nnspec.tuning.results import Results, TrialResult, most_complete, worst_value


def results(*rows: TrialResult, direction="maximize", folds=2) -> Results:
    return Results(Path("x"), "accuracy", direction, folds, len(rows), list(rows))


def row(number, *values, state="done", **more) -> TrialResult:
    return TrialResult(number, {"a": number}, state, values, **more)


def test_mean_and_standard_deviation_over_the_folds():
    found = row(1, 1.0, 3.0)
    assert (found.mean, found.std) == (2.0, 1.0)
    assert row(1).mean is row(1).std is None
    assert row(1, 1.0, state="diverged").mean is None


def test_the_best_has_the_best_mean_and_is_the_first_of_equals():
    rows = [row(1, 1.0, 2.0), row(2, 2.0, 4.0), row(3, 3.0, 3.0)]
    assert results(*rows).best is rows[1]
    assert results(*rows, direction="minimize").best is rows[0]


@pytest.mark.parametrize("state", ["pruned", "diverged", "failed", "open"])
def test_only_a_complete_setting_can_be_the_best(state):
    assert results(row(1, 9.0, state=state)).best is None
    assert results(row(1, 9.0, state=state), row(2, 1.0, 1.0)).best.number == 2


def test_completed_folds():
    found = results(row(1, 1.0, state="pruned"), row(2, 1.0, state="open"))
    assert (found.folds_done, found.complete) == (3, False)
    assert results(row(1, 1.0, 1.0), row(2, state="failed")).complete


def test_csv():
    rows = [row(1, 1.0, 0.5), row(2, 0.25, state="pruned"), row(3, state="failed", message="a, b")]
    first, *others = csv.DictReader(results(*rows).csv().splitlines())
    assert first == {"number": "1", "a": "1", "state": "done", "mean": "0.75", "std": "0.25",
                     "fold_1": "1.0", "fold_2": "0.5", "message": ""}  # fmt: skip
    assert [one["fold_2"] for one in others] == ["", ""]
    assert others[1]["message"] == "a, b"


def test_a_repeated_setting_has_one_row():
    finished, stopped = row(1, 1.0, 1.0), row(1, 1.0, 1.0, state="open")
    assert most_complete([stopped, finished]) is finished
    assert most_complete([row(1, state="open"), stopped]) is stopped


def test_the_worst_value():
    assert worst_value("maximize") == -math.inf
    assert worst_value("minimize") == math.inf
