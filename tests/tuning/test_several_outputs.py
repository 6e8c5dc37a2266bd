"""Tuning of a network with several inputs and outputs."""

from __future__ import annotations

import pytest

from nnspec.compute import ComputeConfig
from nnspec.data.folds import hold_out
from nnspec.errors import SpecError
from nnspec.training.loop import never_stop
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import metric_direction, metric_name, trial_spec, validate_tune
from tests.small_runs import WORDS, named, rows, spec

REFERENCE = ComputeConfig("numpy:reference", "float64")


def tuned(**options):
    tune = {"parameters": {"train.epochs": [1, 2]}, "folds": 3, **options}
    return spec(named(tune=tune))


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("loss", "minimize"),
        ("price_loss", "minimize"),
        ("kind_loss", "minimize"),
        ("price_half_squared_error", "minimize"),
        ("kind_accuracy", "maximize"),
    ],
)
def test_the_metric_of_an_output_is_tuned(metric, direction):
    made = tuned(metric=metric)
    assert metric_name(made, validate_tune(made)) == metric
    assert metric_direction(made, metric) == direction


def test_the_first_metric_is_tuned_where_none_is_named():
    made = tuned()
    assert metric_name(made, validate_tune(made)) == "price_half_squared_error"


def test_a_metric_is_named_as_it_is_reported():
    with pytest.raises(SpecError, match=r"no figure 'accuracy'.*\bkind_accuracy"):
        validate_tune(tuned(metric="accuracy"))
    made = spec(rows(metrics=[{"accuracy": {"name": "right"}}]))
    tune = {"parameters": {"train.epochs": [1]}, "metric": "right"}
    made = spec(rows(metrics=[{"accuracy": {"name": "right"}}], tune=tune))
    assert metric_name(made, validate_tune(made)) == "right"
    assert metric_direction(made, "right") == "maximize"


def test_a_fold_is_held_out_of_each_array():
    made = tuned(metric="kind_accuracy")
    validation = CrossValidation(made.tune, "kind_accuracy", REFERENCE)
    dealt = validation.deal(made)
    splits = hold_out(validation.rows, dealt[1])
    assert splits.train.rows == 4
    held_out = splits.validation.inputs["words"].tolist()
    assert sorted(splits.train.inputs["words"].tolist() + held_out) == sorted(WORDS)
    trial = trial_spec(made, {"train.epochs": 2})
    value = validation.evaluate_fold(trial, 1, never_stop)
    assert value in (0.0, 0.5, 1.0)


def test_a_schedule_measures_the_rows_that_are_not_held_out():
    plateau = {"reduce_on_plateau": {"initial_learning_rate": 0.1, "patience": 1}}
    train = {"epochs": 3, "batch_size": 2, "validation_split": 0.5}
    made = spec(
        named(
            optimizer={"sgd": {"learning_rate": plateau}}, train=train,
            tune={"parameters": {"train.epochs": [1, 2]}, "folds": 2},
        )
    )  # fmt: skip
    value = CrossValidation(made.tune, "loss", REFERENCE).evaluate_fold(made, 0, never_stop)
    assert value > 0
