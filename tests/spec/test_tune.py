"""What a `tune` section may say."""

from __future__ import annotations

import pytest

from nnspec.components.search.samplers import TPE, Grid
from nnspec.errors import SpecError
from nnspec.spec.tune import Candidates, Tune
from tests.small_runs import rows, spec


def tune(**section) -> Tune:
    found = spec(rows(tune={"parameters": {"train.epochs": [1, 2]}, **section})).tune
    assert found
    return found


def refusal(**section) -> str:
    with pytest.raises(SpecError) as caught:
        tune(**section)
    return str(caught.value)


def test_what_holds_where_nothing_is_written():
    found = tune()
    assert (found.folds, found.rows, found.metric, found.pruner) == (5, None, None, None)
    assert found.sampler == Grid()
    assert found.settings == 2
    assert tune(sampler="tpe").settings == 20
    assert tune(sampler={"tpe": 3}).sampler == TPE(startup_trials=3)


def test_a_grid_has_every_combination():
    parameters = {"a": [1, 2, 3], "b": {"low": 4, "high": 7}, "c": {"values": ["x"]}}
    assert tune(parameters=parameters).settings == 12


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ({"low": 2, "high": 5}, [2, 3, 4, 5]),
        ({"low": 16, "high": 64, "step": 16}, [16, 32, 48, 64]),
        ({"low": 0.1, "high": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"low": 0, "high": 1, "step": 0.5}, None),
        ({"low": 0.0, "high": 1, "step": 0.5}, [0.0, 0.5, 1.0]),
        ({"values": [1, "a", [2]]}, [1, "a", [2]]),
    ],
)
def test_the_candidates(written, listed):
    if listed is None:
        with pytest.raises(ValueError, match="must be a whole number"):
            Candidates(**written)
    else:
        found = Candidates(**written)
        assert found.listed() == listed
        assert found.count == len(listed)
        assert [type(one) for one in found.listed()] == [type(one) for one in listed]


def test_a_range_without_steps_has_no_end():
    assert Candidates(low=0.1, high=1).count is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "needs values, or low and high"),
        ([], "at least 1"),
        ({"values": [1], "low": 1, "high": 2}, "needs values, or low and high"),
        ({"low": 1}, "needs low and high"),
        ({"low": 1, "high": 1}, "low must be below high"),
        ({"low": 0, "high": 1, "log": True}, "log needs a low above 0"),
        ({"low": 1, "high": 9, "step": 2, "log": True}, "cannot be set together"),
        ({"low": 1, "high": 9, "step": 3}, "a whole number of steps"),
        ({"low": 1, "high": 9, "step": -1}, "a whole number of steps"),
        ({"low": 1, "high": 9, "step": 0}, "a whole number of steps"),
        ({"low": 1, "high": 9, "step": 80}, "a whole number of steps"),
        ({"low": 0.0, "high": 1e300, "step": 1e-300}, "at most 1,000,000,000,000,000 steps"),
        ({"low": "a", "high": 9}, "low must be a number"),
        ({"low": True, "high": 9}, "low must be a number"),
        ({"values": [1, 2, 1]}, "the value 1 stands twice"),
        ({"values": [1], "log": True}, "belong to a range"),
        ({"lo": 1}, "did you mean 'low'"),
        ({"low": 0.1, "high": 1}, "grid cannot list the range of a"),
        ({"low": 1, "high": 100_000}, "at most 10,000"),
        ({"low": 1, "high": 2_000_000_000}, "at most 10,000"),
        (3, "must be"),
        (None, "is empty"),
    ],
)
def test_candidates_that_make_no_sense(written, said):
    assert said in refusal(parameters={"a": written})


def test_values_of_different_types_differ():
    assert tune(parameters={"a": [1, True, 1.0, "1"]}).settings == 4


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"parameters": {}}, "no parameter to choose"),
        ({"folds": 1}, "at least 2"),
        ({"rows": 0}, "above 0"),
        ({"trials": 3}, "leave trials out"),
        ({"sampler": "random", "trials": 2_000_000_000}, "at most 10000"),
        ({"sampler": "gird"}, "did you mean 'grid'"),
        ({"sampler": {"grid": 3}}, "takes no single value"),
        ({"pruner": "media"}, "did you mean 'median'"),
        ({"pruner": "percentile"}, "needs 'percentile'"),
        ({"pruner": {"hyperband": 1}}, "at least 2"),
        ({"metrics": "loss"}, "did you mean 'metric'"),
        ({"seed": -1}, "at least 0"),
    ],
)
def test_sections_that_make_no_sense(section, said):
    assert said in refusal(**section)
