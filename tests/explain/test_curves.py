"""Curves against closed forms and finite differences."""

from __future__ import annotations

import re
from inspect import getdoc

import numpy as np
import pytest

from nnspec.explain.curves import comparison_curves, curve
from nnspec.options import registry

SEVERAL = {
    "log_softmax", "softmax", "sparsemax",
    "categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence",
    "categorical_focal_crossentropy", "categorical_hinge", "cosine_similarity",
}  # fmt: skip
SMOOTH = ["linear", "sigmoid", "tanh", "half_squared_error", "binary_crossentropy"]


def of(kind):
    cls = registry.find("activation", kind) or registry.find("loss", kind)
    return curve(cls)


def test_what_has_a_curve():
    kinds = {*registry.kinds("activation"), *registry.kinds("loss")}
    assert {kind for kind in kinds if of(kind) is None} == SEVERAL
    assert curve(registry.find("layer", "dense")) is None


@pytest.mark.parametrize(
    ("kind", "f"),
    [
        ("tanh", np.tanh),
        ("relu", lambda x: np.maximum(x, 0)),
        ("heaviside", lambda x: x > 0),
        ("prelu", lambda x: np.where(x > 0, x, x / 4)),  # of its first example
        ("half_squared_error", lambda p: p**2 / 2),
        ("binary_crossentropy", lambda p: -np.log(p)),
        ("poisson", lambda p: p - np.log(p + 1e-7)),
        ("mean_absolute_percentage_error", lambda p: 100 * np.abs(1 - p)),
    ],
)
def test_the_function(kind, f):
    found = of(kind)
    np.testing.assert_allclose(found.y, f(found.x), atol=1e-12)


@pytest.mark.parametrize("kind", SMOOTH)
def test_the_slope_is_the_derivative(kind):
    found = of(kind)
    differences = np.gradient(found.y, found.x, edge_order=2)
    np.testing.assert_allclose(found.slope, differences, rtol=0.05, atol=1e-3)


REACH_SLOWLY = {"relu6", "softsign"}  # an end lies outside the curve, or far away
RANGE = re.compile(r"^Range: ([\[({])(-inf|-?\d+(?:\.\d+)?), (inf|\d+)([\])}])", re.MULTILINE)


@pytest.mark.parametrize("kind", [kind for kind in registry.kinds("activation") if of(kind)])
def test_the_range_is_the_one_that_is_told(kind):
    opens, low, high, closes = RANGE.search(getdoc(registry.find("activation", kind))).groups()
    y, ends = of(kind).y, (float(low), float(high))
    assert ((y > ends[0]) | ((y == ends[0]) & (opens != "("))).all()
    assert ((y < ends[1]) | ((y == ends[1]) & (closes != ")"))).all()
    narrow = np.isfinite(ends).all() and kind not in REACH_SLOWLY
    reaches = 0.1 if narrow else np.inf
    assert y.min() - ends[0] <= reaches
    assert ends[1] - y.max() <= reaches
    if opens == "{":
        assert set(y) == set(ends)


def test_losses_are_compared_for_both_targets():
    found = comparison_curves([registry.find("loss", "half_squared_error")])
    assert list(found) == [f"half_squared_error for y = {y}" for y in (0, 1)]
    for target, one in enumerate(found.values()):
        np.testing.assert_allclose(one.y, (one.x - target) ** 2 / 2, atol=1e-12)
        assert one.x.min() < 0
    assert comparison_curves([registry.find("activation", "softmax")]) == {}


def test_a_step_has_no_slope():
    assert not of("heaviside").slope.any()
