"""Which classes a classifier takes for which, and the figures of each class that follow."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from nnspec.analysis.misclassified import true_and_predicted
from nnspec.backends.arrays import Array
from nnspec.components.metrics.class_counts import ClassCounts, F1Score, Precision, Recall


class ClassFigures(NamedTuple):
    """Precision, recall and F1 of a class, and how many rows are of it."""

    precision: float
    recall: float
    f1_score: float
    rows: int


class Confusion(NamedTuple):
    """The confusion matrix (classes, classes): rows of class i that are predicted to be of j."""

    matrix: Array

    @classmethod
    def of(cls, predictions: Array, targets: Array) -> Self | None:
        """Count rows of predictions (rows, classes), or (rows, 1) with the probability of class 1.

        Targets are class numbers or one-hot rows. None where there is no class for each row.
        """
        found = true_and_predicted(predictions, targets)
        if found is None:
            return None
        true, predicted = found
        classes = max(2, predictions.shape[1])
        if true.min() < 0 or true.max() >= classes:
            return None
        counts = np.bincount(true * classes + predicted, minlength=classes**2)
        return cls(counts.reshape(classes, classes))

    def figures(self) -> list[ClassFigures]:
        """The figures of each class; what would be divided by 0 is 0."""
        counts = ClassCounts(self.matrix.diagonal(), self.matrix.sum(0), self.matrix.sum(1))
        shares = [kind().figure(*counts) for kind in (Precision, Recall, F1Score)]
        columns = [*(share.tolist() for share in shares), counts.actual.tolist()]
        return [ClassFigures(*row) for row in zip(*columns, strict=True)]
