"""Where a classifier is wrong, worst first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.spec.document import Spec


class Misclassified(NamedTuple):
    """A row whose class is not the predicted one, and the probability of the latter."""

    row: int
    true: int
    predicted: int
    probability: float


def classifies(spec: Spec) -> bool:
    """Whether a network's outputs are the probabilities of classes, one class a row."""
    names = {metric.kind for metric in spec.metrics}
    return "accuracy" in names or (spec.loss is not None and spec.loss.fuses_with == "softmax")


def worst_rows(predictions: Array, targets: Array, most: int) -> list[Misclassified]:
    """The `most` mistakes that the network was surest of.

    Predictions are (rows, classes), or (rows, 1) with the probability of class 1; targets are
    class indices or one-hot rows. Where a row holds more than one class there are no mistakes.
    """
    if predictions.ndim != 2 or not predictions.size:
        return []
    shares = np.hstack([1 - predictions, predictions]) if predictions.shape[1] == 1 else predictions
    classes = _classes(targets)
    if classes is None:
        return []
    predicted = shares.argmax(axis=1)
    probability = shares.max(axis=1)
    wrong = np.flatnonzero(predicted != classes)
    order = wrong[np.argsort(-probability[wrong], kind="stable")][:most]
    return [
        Misclassified(int(i), int(classes[i]), int(predicted[i]), float(probability[i]))
        for i in order
    ]


def _classes(targets: Array) -> Array | None:
    """Class indices: the targets themselves, one a row, or the columns of one-hot rows."""
    if targets.size == len(targets):
        return targets.reshape(len(targets)).astype(np.int64)
    return targets.argmax(axis=1) if targets.ndim == 2 else None
