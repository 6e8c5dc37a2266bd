"""A metric with a state, computed on the host from the predictions of each batch."""

from __future__ import annotations

import numpy as np
import pytest

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
