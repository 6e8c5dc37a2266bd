"""Curves against closed forms and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec import catalog
from nnspec.curves import curve

SEVERAL = {"softmax", "categorical_crossentropy", "sparse_categorical_crossentropy"}
SMOOTH = ["linear", "sigmoid", "tanh", "half_squared_error", "binary_crossentropy"]


def of(kind):
    cls = catalog.find("activation", kind) or catalog.find("loss", kind)
    return curve(cls)


def test_what_has_a_curve():
    kinds = {*catalog.kinds("activation"), *catalog.kinds("loss")}
    assert {kind for kind in kinds if of(kind) is None} == SEVERAL
    assert curve(catalog.find("layer", "dense")) is None


@pytest.mark.parametrize(
    ("kind", "f"),
    [
        ("tanh", np.tanh),
        ("relu", lambda x: np.maximum(x, 0)),
        ("heaviside", lambda x: x > 0),
        ("prelu", lambda x: np.where(x > 0, x, x / 4)),  # of its first example
        ("half_squared_error", lambda p: p**2 / 2),
        ("binary_crossentropy", lambda p: -np.log(p)),
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


def test_a_step_has_no_slope():
    assert not of("heaviside").slope.any()
