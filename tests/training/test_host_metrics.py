"""A metric with a state, computed on the host from the predictions of each batch."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.contract import BatchMetrics
from nnspec.components.metrics.base import Metric
from nnspec.compute import ComputeConfig
from nnspec.training import loop
from nnspec.training.loop import evaluate, never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.small_runs import named, spec


class MedianError(Metric, kind="test_median_error"):
    """The median of |y - p|, which is no mean over rows."""

    lower_is_better = True

    def update(self, predictions, targets):
        return [np.abs(np.asarray(targets) - predictions).ravel()]

    def merge(self, first, second):
        return [*first, *second]

    def result(self, state):
        return float(np.median(np.concatenate(state)))


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(loop, "EVALUATION_ROWS", 4)
    values = named(metrics={"price": ["test_median_error"], "kind": ["accuracy"]})
    return TrainingSession.prepare(spec(values), ComputeConfig("numpy:reference", "float64"))


def expected(session):
    train = session.splits.train
    found = session.program.predict_outputs(train.inputs)["price"]
    return float(np.median(np.abs(found - train.targets["price"])))


def test_it_is_that_of_all_rows(session):
    metrics = evaluate(session.program, session.splits.train)
    assert list(metrics) == [
        "loss", "price_loss", "kind_loss", "kind_accuracy", "price_test_median_error",
    ]  # fmt: skip
    assert metrics["price_test_median_error"] == expected(session)


def test_an_epoch_has_it_before_its_updates(session):
    before = expected(session)
    options = session.spec.train.replace(epochs=1, batch_size="all")
    train = session.splits.train
    (epoch,) = train_epochs(session.program, train, options, print, never_stop)
    assert epoch.metrics["price_test_median_error"] == before
    assert expected(session) != before


class LastError(Metric, kind="test_last_error"):
    """An average of |y - p| that a sum of floats in another order would change."""

    def update(self, predictions, targets):
        return float(np.abs(np.asarray(targets) - predictions).sum()), len(predictions)

    def merge(self, first, second):
        return first[0] / 3 + second[0], first[1] + second[1]

    def result(self, state):
        return state[0] / state[1]


def test_it_does_not_depend_on_how_batches_are_divided_into_chunks(session):
    values = named(metrics={"price": ["test_last_error"], "kind": []})
    program = TrainingSession.prepare(
        spec(values), ComputeConfig("numpy:reference", "float64")
    ).program
    train = session.splits.train
    rows = program.upload(train.inputs, train.targets)
    batches = [np.array([i % train.rows]) for i in range(9)]
    found = {
        size: BatchMetrics.join(
            [program.evaluate(rows, batches[i : i + size]) for i in range(0, 9, size)]
        ).results["price_test_last_error"]
        for size in (1, 2, 4, 9)
    }
    assert len(set(found.values())) == 1
