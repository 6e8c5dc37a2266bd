"""The error function against that of Python's math module."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnspec.backends.numpy.erf import erf

GRID = np.concatenate([np.linspace(-6.5, 6.5, 200_001), np.geomspace(1e-308, 1, 5_001)])


def exact(x: np.ndarray) -> np.ndarray:
    return np.array([math.erf(value) for value in x.tolist()])


def ulps(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference in units in the last place."""
    return float((np.abs(actual - expected) / np.spacing(np.abs(expected))).max())


def test_float64_is_within_two_units_in_the_last_place():
    assert ulps(erf(GRID), exact(GRID)) <= 2


def test_float32_stays_float32_and_is_as_near():
    x = GRID.astype(np.float32)
    actual = erf(x)
    assert actual.dtype == np.float32
    assert ulps(actual, exact(x).astype(np.float32)) <= 2


@pytest.mark.parametrize("x", [5e-324, 1e-310, -5e-324, 1e-300])
def test_the_smallest_numbers(x):
    assert erf(np.array([x]))[0] == pytest.approx(math.erf(x), abs=1e-323, rel=1e-15)


def test_infinities_zeros_and_nan():
    y = erf(np.array([np.inf, -np.inf, 0.0, -0.0, np.nan, 30.0]))
    np.testing.assert_array_equal(y, [1, -1, 0, 0, np.nan, 1])
    assert np.signbit(y[3])
    assert not np.signbit(y[2])


def test_it_is_odd_and_never_leaves_the_interval():
    np.testing.assert_array_equal(erf(-GRID), -erf(GRID))
    assert np.abs(erf(GRID)).max() == 1


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (4, 1, 2)])
def test_any_shape(shape):
    x = np.linspace(-2, 2, math.prod(shape)).reshape(shape)
    assert erf(x).shape == shape
    np.testing.assert_allclose(erf(x).ravel(), exact(x.ravel()), rtol=1e-15)


def test_it_leaves_its_argument_alone():
    x = np.array([0.1, 2.0])
    x.flags.writeable = False
    erf(x)
