"""Predictions of a prepared target are told in the unit of the source."""

import numpy as np
import pytest

from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.preprocessing.arrays import FittedArray
from nnspec.data.preprocessing.inverse import category_names, inverse_target
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.options.validation import read_component

PRICES = np.array([120.5, 80, 310, 95.25])
CITIES = np.array(["Rome", "Paris", "Rome", "Tokyo"], TEXT_TYPE)


def fit(rows, *steps):
    located = [LocatedStep(read_component("preprocessing", step)) for step in steps]
    return FittedPipeline.fit(located, np.asarray(rows))


def names(pipeline):
    return category_names(FittedArray("targets", pipeline))


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["standardize"],
        ["scale", {"divide": -3}],
        [{"log": 1}, "standardize"],
        [{"log": 5}, {"scale": {"minimum": -1, "maximum": 2}}],
        ["impute", {"clip": {"minimum": 0, "maximum": 1000}}, {"cast": "float32"}],
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_numbers_come_back(steps, shape):
    """A network gives (rows, 1) where the prepared target of one column is (rows,)."""
    fitted = fit(PRICES, *steps)
    found = inverse_target(fitted, fitted.apply(PRICES).reshape(shape))
    assert found == pytest.approx(PRICES.reshape(shape), rel=1e-6)


@pytest.mark.parametrize("step", ["standardize", "scale"])
def test_a_constant_target_is_what_it_was_whatever_the_output(step):
    assert inverse_target(fit([7.0, 7.0], step), np.array([[0.3]])) == pytest.approx(7)


def test_the_largest_output_names_the_category():
    fitted = fit(CITIES, "one_hot")
    probabilities = np.array([[0.1, 0.7, 0.2], [0.2, 0.2, 0.6]])
    assert inverse_target(fitted, probabilities).tolist() == ["Rome", "Tokyo"]
    assert names(fitted) == ("Paris", "Rome", "Tokyo")


def test_numbers_of_classes_name_categories():
    fitted = fit(CITIES, {"ordinal": {"categories": ["Tokyo", "Rome"], "unknown": "other"}})
    assert names(fitted) == ("Tokyo", "Rome", "other")
    assert inverse_target(fitted, np.array([0, 1, 2])).tolist() == ["Tokyo", "Rome", ""]
    assert inverse_target(fitted, np.array([[0.2], [0.7]])).tolist() == [["Tokyo"], ["Rome"]]
    assert inverse_target(fitted, np.array([[0.1, 0.8, 0.1]])).tolist() == ["Rome"]


def test_steps_before_the_classes_are_undone_too():
    fitted = fit(CITIES, "ordinal", {"one_hot": 3})
    assert names(fitted) == ("Paris", "Rome", "Tokyo")
    assert inverse_target(fitted, np.array([[0, 0, 1]])).tolist() == ["Tokyo"]


def test_numbers_of_classes_without_names_are_numbers():
    fitted = fit([3, 1, 0], {"one_hot": 4})
    assert names(fitted) is None
    assert inverse_target(fitted, np.eye(4)[[2, 0]]).tolist() == [2, 0]
    whole = fit([30, 10, 10], "one_hot")
    assert names(whole) == ("10", "30")
    assert inverse_target(whole, np.array([[0.1, 0.9]])).tolist() == [30]


def test_several_columns_of_categories():
    fitted = fit(np.stack([CITIES, CITIES[::-1]], axis=1), "one_hot")
    assert names(fitted) is None
    assert inverse_target(fitted, np.eye(6)[[0]] + np.eye(6)[[4]]).tolist() == [["Paris", "Rome"]]


@pytest.mark.parametrize("step", [{"bucketize": 2}, {"hash": 4}, "normalize", {"polynomial": 2}])
def test_what_cannot_be_undone_is_none(step):
    whole = np.array([1, 2, 3])
    fitted = fit(whole, step)
    assert inverse_target(fitted, fitted.apply(whole)) is None
    assert names(fitted) is None
