"""Comparison of expected with actual counts and metrics."""

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.runs.expectations import compare_expectations, expectations_to_plain
from nnspec.spec.document import Expect
from nnspec.spec.loader import build

NETWORK = {"input_shape": 3, "layers": [{"dense": 2}, "batch_normalization"]}
SUMMARY = summarise(compile_spec(build({"network": NETWORK})))  # 16 parameters, 12 of them trained
METRICS = {"train": {"loss": 0.5, "accuracy": 0.9}, "test": {"loss": float("nan")}}


def met(metrics=METRICS, **expect):
    return {one.name: one.met for one in compare_expectations(Expect(**expect), SUMMARY, metrics)}


def test_without_expectations():
    assert compare_expectations(None, SUMMARY, METRICS) == []
    assert met() == {}


@pytest.mark.parametrize(
    ("value", "tolerance", "is_met"),
    [(0.9, 0, True), (0.89, 0.02, True), (0.88, 0.01, False), (0.91, 0.005, False)],
)
def test_a_metric_is_met_within_the_tolerance(value, tolerance, is_met):
    assert met(train={"accuracy": value}, tolerance=tolerance) == {"train accuracy": is_met}


def test_counts_have_no_tolerance():
    assert met(parameters=16, trainable=12) == {"parameters": True, "trainable": True}
    wrong = met(parameters=17, trainable=16, tolerance=5)
    assert wrong == {"parameters": False, "trainable": False}


@pytest.mark.parametrize(
    ("bounds", "are_met"),
    [
        ({"at_least": 0.9}, [True]),
        ({"at_least": 0.91}, [False]),
        ({"at_most": 0.9}, [True]),
        ({"at_least": 0.8, "at_most": 0.85}, [True, False]),
    ],
)
def test_bounds_have_no_tolerance(bounds, are_met):
    expect = Expect(train={"accuracy": bounds}, tolerance=1)
    assert [one.met for one in compare_expectations(expect, SUMMARY, METRICS)] == are_met


def test_nan_is_within_no_bounds():
    assert met(test={"loss": {"at_most": 1e300}}) == {"test loss": False}


def test_nan_is_never_met():
    assert met(test={"loss": 0.5}, tolerance=1e9) == {"test loss": False}


def test_missing_metrics_are_not_compared():
    assert met({}, train={"loss": 1}) == {}


def test_plain():
    found = compare_expectations(Expect(train={"loss": 0.5}), SUMMARY, METRICS)
    assert expectations_to_plain(found) == [
        {
            "name": "train loss",
            "expected": 0.5,
            "actual": 0.5,
            "met": True,
            "relation": "equal",
            "detail": "",
        }
    ]
