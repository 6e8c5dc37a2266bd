"""Metrics that do not depend on the shares of classes: auc and balanced_accuracy."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from nnspec.errors import ShapeError
from nnspec.options.validation import read_component
from tests.components.measured import measured

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("decimals", [1, 12], ids=["ties", "no ties"])
def test_auc_is_the_share_of_pairs_in_order(decimals):
    p, y = RNG.random((90, 1)).round(decimals), (RNG.random((90, 1)) < 0.2).astype(float)
    positive, negative = p[y == 1], p[y == 0]
    pairs = positive[:, None] - negative
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    for sizes in ((90,), (7, 7, 70, 1, 5)):
        assert measured("auc", p, y, sizes) == pytest.approx(expected, rel=1e-14)
    assert measured("auc", p[:, 0], y[:, 0]) == pytest.approx(expected, rel=1e-14)


def test_auc_of_a_perfect_and_a_constant_score():
    y = np.array([0, 1, 1, 0, 0])
    assert measured("auc", y * 0.1, y) == 1
    assert measured("auc", -0.1 * y, y) == 0
    assert measured("auc", np.full(5, 0.3), y) == 0.5
    assert isnan(measured("auc", np.arange(3.0), np.ones(3)))
    assert isnan(measured("auc", np.array([0, np.nan, 1.0]), np.array([0, 1, 1])))


@pytest.mark.parametrize("one_hot", [False, True])
def test_balanced_accuracy_is_the_mean_of_the_classes_accuracies(one_hot):
    p, y = RNG.random((60, 4)), RNG.choice(3, 60, p=[0.8, 0.15, 0.05])  # none of class 3
    right = p.argmax(1) == y
    expected = np.mean([right[y == number].mean() for number in range(3)])
    targets = np.eye(4)[y] if one_hot else y
    assert measured("balanced_accuracy", p, targets, (11, 49)) == pytest.approx(expected, rel=1e-14)


def test_balanced_accuracy_of_one_output():
    p, y = np.array([[0.9], [0.2], [0.6], [0.1]]), np.array([[1], [0], [0], [0]])
    assert measured("balanced_accuracy", p, y) == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize(
    ("kind", "prediction", "target"),
    [("auc", (3,), ()), ("auc", (4, 1), (4, 1)), ("balanced_accuracy", (5, 3), (5,)),
     ("balanced_accuracy", (3,), (2,))],
)  # fmt: skip
def test_they_need_one_class_a_row(kind, prediction, target):
    with pytest.raises(ShapeError):
        read_component("metric", kind).check(prediction, target)
