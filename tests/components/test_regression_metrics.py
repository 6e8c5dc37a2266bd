"""Metrics of predicted numbers against scikit-learn and Keras' formulas."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.errors import ShapeError
from nnspec.options.validation import read_component
from tests.components.measured import measured

RNG = np.random.default_rng(3)
P, Y = RNG.normal(size=(2, 30, 3)).astype("float32")
Y[:, 0] += 1000  # the variance is small beside the mean
PARTS = (11, 1, 18)


@pytest.mark.parametrize("columns", [slice(0, 1), slice(0, 3)], ids=["one", "three"])
@pytest.mark.parametrize("sizes", [(30,), PARTS], ids=str)
def test_they_are_those_of_scikit_learn(columns, sizes):
    metrics = pytest.importorskip("sklearn.metrics")
    p, y = P[:, columns].astype(float), Y[:, columns].astype(float)
    found = {kind: measured(kind, p, y, sizes) for kind in ("r2_score", "root_mean_squared_error")}
    assert found["r2_score"] == pytest.approx(metrics.r2_score(y, p), rel=1e-12)
    expected = metrics.mean_squared_error(y, p) ** 0.5
    assert found["root_mean_squared_error"] == pytest.approx(expected, rel=1e-12)
    weighted = measured({"r2_score": "variance_weighted_average"}, p, y, sizes)
    expected = metrics.r2_score(y, p, multioutput="variance_weighted")
    assert weighted == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("aggregation", ["uniform_average", "variance_weighted_average"])
@pytest.mark.parametrize("hit", [False, True])
def test_r2_of_constant_targets(aggregation, hit):
    metrics = pytest.importorskip("sklearn.metrics")
    y = np.array([[2.0, 0.5], [2.0, 1.5], [2.0, 3.0]])
    p = y - [[0.0 if hit else 0.1, 0.3]]
    for columns in (slice(0, 1), slice(0, 2)):
        found = measured({"r2_score": aggregation}, p[:, columns], y[:, columns], (1, 2))
        sklearn_name = aggregation.removesuffix("_average") if "variance" in aggregation else None
        expected = metrics.r2_score(
            y[:, columns], p[:, columns], multioutput=sklearn_name or aggregation
        )
        assert found == pytest.approx(expected, rel=1e-12)


def test_cosine_similarity_is_the_negative_of_the_loss():
    p, y = RNG.normal(size=(2, 9, 4, 2))
    for axis in (-1, 1):
        expected = (p * y).sum(axis) / np.sqrt((p**2).sum(axis) * (y**2).sum(axis))
        found = measured({"cosine_similarity": axis}, p, y, (4, 5))
        assert found == pytest.approx(expected.mean(), rel=1e-12)
    assert measured("cosine_similarity", np.zeros((2, 3)), np.ones((2, 3))) == 0


def test_a_column_of_targets_fits_a_single_output():
    assert measured("root_mean_squared_error", np.ones((4, 1)), np.zeros(4)) == 1
    assert measured("r2_score", np.array([[1.0], [2.0]]), np.array([1.0, 2.0])) == 1


@pytest.mark.parametrize("kind", ["r2_score", "root_mean_squared_error", "cosine_similarity"])
def test_targets_of_another_shape_are_refused(kind):
    with pytest.raises(ShapeError):
        read_component("metric", kind).check((3,), (2,))
