"""Misclassified rows of a classifier, by descending confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective


class Misclassified(NamedTuple):
    """A misclassified row; `probability` is that of the predicted class."""

    row: int
    true: int
    predicted: int
    probability: float


def classifiers(objectives: Sequence[Objective], graph: Graph) -> list[str]:
    """The outputs that are class probabilities, judged by their metrics, losses and shapes."""
    return [one.output for one in objectives if _is_classifier(one, graph)]


def _is_classifier(objective: Objective, graph: Graph) -> bool:
    """Whether an output is the probabilities of classes, or only that of class 1.

    Several probabilities that are judged one by one are of classes that do not exclude each other.
    Numbers before sigmoid or softmax, and those of a hinge, are no probabilities.
    """
    if objective.loss.takes_logits or objective.loss.targets == "signs":
        return False
    kinds = {objective.loss.kind, *(metric.metric.kind for metric in objective.metrics)}
    if objective.loss.fuses_with == "softmax" or "accuracy" in kinds:
        return True
    binary = not kinds.isdisjoint(("binary_crossentropy", "binary_accuracy"))
    return binary and graph.specs[graph.outputs[objective.output]].shape == (1,)


def worst_rows(predictions: Array, targets: Array, limit: int) -> list[Misclassified]:
    """The `limit` misclassified rows with the largest predicted probability.

    Predictions are (rows, classes), or (rows, 1) with the probability of class 1; targets are
    class indices or one-hot rows. Other shapes give an empty list.
    """
    found = true_and_predicted(predictions, targets)
    if found is None:
        return []
    classes, predicted = found
    probability = both_classes(predictions).max(axis=1)
    wrong = np.flatnonzero(predicted != classes)
    order = wrong[np.argsort(-probability[wrong], kind="stable")][:limit]
    return [
        Misclassified(int(i), int(classes[i]), int(predicted[i]), float(probability[i]))
        for i in order
    ]


def true_and_predicted(predictions: Array, targets: Array) -> tuple[Array, Array] | None:
    """The class of each row, and the one that is predicted; None where the shapes are others.

    Predictions and targets are those of `worst_rows`.
    """
    if predictions.ndim != 2 or not predictions.size:
        return None
    classes = _classes(targets)
    return None if classes is None else (classes, both_classes(predictions).argmax(axis=1))


def both_classes(predictions: Array) -> Array:
    """Probabilities (rows, classes); one alone is that of class 1, and gets that of class 0."""
    if predictions.shape[1] == 1:
        return np.hstack([1 - predictions, predictions])
    return predictions


def _classes(targets: Array) -> Array | None:
    """Class indices (rows,) of index targets or one-hot rows; None for other shapes."""
    if targets.size == len(targets):
        if (targets != np.floor(targets)).any():  # probabilities between two classes
            return None
        return targets.reshape(len(targets)).astype(np.int64)
    return targets.argmax(axis=1) if targets.ndim == 2 else None
