"""Metrics with a state, and names of metrics, on the reference engine."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from nnspec.backends.contract import batches_of
from nnspec.components.metrics.base import Metric
from tests.backends.numpy.small_graphs import ROWS, X, case, named, program_of


class AUC(Metric):
    """The share of pairs of a positive and a negative row that are in the right order."""

    def update(self, predictions: Any, targets: Any) -> Any:
        return np.concatenate([predictions.reshape(-1, 1), targets.reshape(-1, 1)], axis=1)

    def merge(self, first: Any, second: Any) -> Any:
        return np.concatenate([first, second])

    def result(self, state: Any) -> float:
        scores, labels = state[np.argsort(state[:, 0], kind="stable")].T
        ranks = np.array([(np.flatnonzero(scores == s) + 1).mean() for s in scores])
        positive = labels.sum()
        wins = ranks[labels == 1].sum() - positive * (positive + 1) / 2
        return float(wins / (positive * (len(labels) - positive)))


def auc_by_pairs(scores: np.ndarray, labels: np.ndarray) -> float:
    pairs = list(product(scores[labels == 1], scores[labels == 0]))
    return sum((p > n) + 0.5 * (p == n) for p, n in pairs) / len(pairs)


def test_a_metric_with_a_state_gets_all_predictions_and_targets():
    layers = [named("dense", "p", units=1, activation="sigmoid")]
    which = case(layers, loss="binary_crossentropy", host_metrics={"p": AUC()})
    *_, program = program_of(which)
    x = np.random.default_rng(2).normal(size=(9, 3)).round(1)
    x[3] = x[4]  # a tie
    y = np.array([1, 0, 0, 1, 0, 1, 1, 0, 0])[:, None]
    rows, batches = program.upload(x, y), batches_of(9, 4)
    expected = auc_by_pairs(program.predict(x)[:, 0], y[:, 0])
    evaluated = program.evaluate(rows, batches)
    assert evaluated.results["p_host_metric"] == pytest.approx(expected, abs=1e-15)
    assert "p_host_metric" not in evaluated.sums
    again = program.evaluate(rows, batches)  # of this call alone
    assert again.results == evaluated.results


def test_training_gives_a_metric_the_predictions_before_each_update():
    layers = [named("dense", "p", units=1, activation="sigmoid")]
    which = case(layers, loss="binary_crossentropy", host_metrics={"p": AUC()})
    *_, program = program_of(which)
    y = np.array([1, 0, 0, 1])[:, None]
    before = program.predict(X)
    state = program.train(program.upload(X, y), [ROWS]).states["p_host_metric"].states[0]
    np.testing.assert_allclose(state[:, :1], before, rtol=1e-14)
    np.testing.assert_array_equal(state[:, 1:], y)


def test_two_metrics_of_one_kind_have_two_names():
    metrics = ["mean_squared_error", {"mean_squared_error": {"name": "mse"}}, "mean_squared_error"]
    *_, program = program_of(case([named("dense", "a", units=3)], metrics=metrics))
    results = program.evaluate(program.upload(X, X), [ROWS]).results
    assert list(results) == ["loss", "mean_squared_error", "mse", "mean_squared_error_1"]
    assert len({results[name] for name in list(results)[1:]}) == 1
