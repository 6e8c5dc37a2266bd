"""Five folds of a spec's rows, and nnspec's and scikit-learn's figures over each.

Both see the same raw rows and the same folds. Each fits its preparation to the other four.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.tables.sklearn_pipeline import Peer
from nnspec.data.folds import hold_out
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.reading import read_rows
from nnspec.data.rows import Rows
from nnspec.data.splitting.method import Fold
from nnspec.spec.document import Spec
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession

FOLDS = 5


class Figures(NamedTuple):
    """The metric of each fold, of nnspec and of scikit-learn."""

    nnspec: list[float]
    sklearn: list[float]

    @property
    def is_level(self) -> bool:
        """Whether nnspec's mean is no lower than scikit-learn's less its standard deviation."""
        return float(np.mean(self.nnspec)) >= float(np.mean(self.sklearn) - np.std(self.sklearn))


def compare(spec: Spec, metric: str) -> Figures:
    """Train both on all folds but one, five times; the metric of those held out."""
    spec = without_split(spec)
    rows = read_rows(spec).train
    found = [_both(spec, rows, fold, metric) for fold in folds_of(rows, metric)]
    return Figures(*map(list, zip(*found, strict=True)))


def without_split(spec: Spec) -> Spec:
    """A spec that keeps no rows from training."""
    return spec.replace(data=require_data(spec).replace(split=None))


def folds_of(rows: Rows, metric: str) -> Iterator[Fold]:
    """The rows to train on and those held out, five times; of classes, as many of each."""
    options = {"n_splits": FOLDS, "shuffle": True, "random_state": 0}
    targets = target_of(rows)
    folds = KFold(**options) if metric == "r2" else StratifiedKFold(**options)
    yield from (Fold(*parts) for parts in folds.split(targets, targets))


def target_of(rows: Rows) -> np.ndarray:
    """The only target of raw rows."""
    values = rows.targets
    array = next(iter(values.values())) if isinstance(values, dict) else values
    return np.array(array.tolist())


def _both(spec: Spec, rows: Rows, fold: Fold, metric: str) -> tuple[float, float]:
    return _of_nnspec(spec, rows, fold, metric), _of_sklearn(spec, rows, fold, metric)


def _of_nnspec(spec: Spec, rows: Rows, fold: Fold, metric: str) -> float:
    session = TrainingSession.prepare(spec, load=lambda _: hold_out(rows, fold))
    train, held_out = session.splits.train, session.splits.validation
    for _ in train_epochs(session.program, train, spec.train, lambda _: None, never_stop):
        pass
    return score(metric, held_out.targets, session.program.predict(held_out.inputs))


def _of_sklearn(spec: Spec, rows: Rows, fold: Fold, metric: str) -> float:
    peer = Peer(spec, is_number=metric == "r2")
    peer.fit(rows.take(fold.train))
    return score(metric, *peer.predict(rows.take(fold.validation)))


def score(metric: str, targets: np.ndarray, predictions: np.ndarray) -> float:
    """A metric of predictions: numbers, probabilities, or a probability for each class."""
    predictions = predictions.reshape(len(predictions), -1)
    if metric == "r2":
        return float(r2_score(targets.ravel(), predictions.ravel()))
    if metric == "auc":
        return float(roc_auc_score(targets.ravel(), predictions[:, -1]))
    if predictions.shape[1] == 1:
        return float(accuracy_score(targets.ravel() > 0.5, predictions.ravel() > 0.5))
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    return float(accuracy_score(labels, predictions.argmax(axis=1)))
