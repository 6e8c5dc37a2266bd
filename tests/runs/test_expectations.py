"""Expected figures beside actual ones."""

import pytest

from nnspec.runs.expectations import compare_expectations, expectations_to_plain
from nnspec.spec.document import Expect

FIGURES = {"train": {"loss": 0.5, "accuracy": 0.9}, "test": {"loss": float("nan")}}


def met(figures=FIGURES, **expect):
    return {one.name: one.met for one in compare_expectations(Expect(**expect), 10, figures)}


def test_nothing_expected():
    assert compare_expectations(None, 10, FIGURES) == []
    assert met() == {}


@pytest.mark.parametrize(
    ("value", "tolerance", "is_met"),
    [(0.9, 0, True), (0.89, 0.02, True), (0.88, 0.01, False), (0.91, 0.005, False)],
)
def test_a_figure_is_met_within_the_tolerance(value, tolerance, is_met):
    assert met(train={"accuracy": value}, tolerance=tolerance) == {"train accuracy": is_met}


@pytest.mark.parametrize(("expected", "is_met"), [(10, True), (11, False)])
def test_parameters_have_no_tolerance(expected, is_met):
    found = compare_expectations(Expect(parameters=expected, tolerance=5), 10, {})
    assert [one.met for one in found] == [is_met]


def test_what_is_no_number_is_never_met():
    assert met(test={"loss": 0.5}, tolerance=1e9) == {"test loss": False}


def test_an_interrupted_run_has_no_figures_to_compare():
    assert met({}, train={"loss": 1}) == {}


def test_plain():
    found = compare_expectations(Expect(train={"loss": 0.5}), 10, FIGURES)
    assert expectations_to_plain(found) == [
        {"name": "train loss", "expected": 0.5, "actual": 0.5, "met": True}
    ]
