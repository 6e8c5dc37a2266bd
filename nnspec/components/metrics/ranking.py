"""Metrics of how well a score ranks the rows of two classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from nnspec.components.metrics.base import Metric
from nnspec.components.targets import check_same_shape
from nnspec.errors import ShapeError
from nnspec.options.types import Shape


class _Scores(NamedTuple):
    """Scores of rows, and whether each row is positive."""

    scores: Any
    positive: Any


class _Joined(NamedTuple):
    """Two states, one after the other: what is joined often is not copied."""

    first: Any
    second: Any


class AreaUnderCurve(Metric, kind="auc"):
    """The area under the ROC curve: P(score of a positive row > score of a negative row).

    It is exact, by ranks: (R - n1 (n1 + 1) / 2) / (n1 n0), where R is the sum of the ranks of the
    n1 positive rows (target 1) among all, equal scores have their mean rank, and n0 rows are
    negative. 0.5 is chance, whatever the shares of the classes. It is nan where all rows are of one
    class.
    """

    targets = "labels"
    result_range = (0.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """One output, such as that of a sigmoid, and one target a row."""
        if prediction not in ((), (1,)):
            message = "auc ranks the rows by one output"
            raise ShapeError(message, "balanced_accuracy is for several classes")
        check_same_shape(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The scores and labels of a batch."""
        return _Scores(predictions.reshape(-1).copy(), targets.reshape(-1) > 0.5)

    def merge(self, first: Any, second: Any) -> Any:
        """Those of both."""
        return _Joined(first, second)

    def result(self, state: Any) -> float:
        """The area."""
        batches = list(_batches(state))
        xp = batches[0].scores.__array_namespace__()
        scores, positive = map(xp.concatenate, zip(*batches, strict=True))
        _, place, counts = xp.unique(scores, return_inverse=True, return_counts=True)
        mean_ranks = xp.cumsum(counts) - (counts - 1) / 2
        ones = int(positive.sum())
        pairs = ones * (len(scores) - ones)
        if not pairs or not xp.isfinite(scores).all():
            return float("nan")
        return float(mean_ranks[place][positive].sum() - ones * (ones + 1) / 2) / pairs


def _batches(state: Any) -> Iterator[_Scores]:
    """The states that were joined, in their order."""
    todo = [state]
    while todo:
        one = todo.pop()
        if isinstance(one, _Joined):
            todo += [one.second, one.first]
        else:
            yield one
