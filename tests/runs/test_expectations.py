"""Comparison of expected with actual metrics."""

import pytest

from nnspec.runs.expectations import compare_expectations, expectations_to_plain
from nnspec.spec.document import Expect

METRICS = {"train": {"loss": 0.5, "accuracy": 0.9}, "test": {"loss": float("nan")}}


def met(metrics=METRICS, **expect):
    return {one.name: one.met for one in compare_expectations(Expect(**expect), 10, metrics)}


def test_without_expectations():
    assert compare_expectations(None, 10, METRICS) == []
    assert met() == {}


@pytest.mark.parametrize(
    ("value", "tolerance", "is_met"),
    [(0.9, 0, True), (0.89, 0.02, True), (0.88, 0.01, False), (0.91, 0.005, False)],
)
def test_a_metric_is_met_within_the_tolerance(value, tolerance, is_met):
    assert met(train={"accuracy": value}, tolerance=tolerance) == {"train accuracy": is_met}


@pytest.mark.parametrize(("expected", "is_met"), [(10, True), (11, False)])
def test_parameters_have_no_tolerance(expected, is_met):
    found = compare_expectations(Expect(parameters=expected, tolerance=5), 10, {})
    assert [one.met for one in found] == [is_met]


def test_nan_is_never_met():
    assert met(test={"loss": 0.5}, tolerance=1e9) == {"test loss": False}


def test_missing_metrics_are_not_compared():
    assert met({}, train={"loss": 1}) == {}


def test_plain():
    found = compare_expectations(Expect(train={"loss": 0.5}), 10, METRICS)
    assert expectations_to_plain(found) == [
        {"name": "train loss", "expected": 0.5, "actual": 0.5, "met": True}
    ]
