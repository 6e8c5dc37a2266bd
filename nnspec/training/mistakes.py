"""Where a classifier is wrong, worst first."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Mistake(NamedTuple):
    """A row whose class is not the predicted one, and the probability of the latter."""

    row: int
    true: int
    predicted: int
    probability: float


def worst(predictions: Array, classes: Array, most: int) -> list[Mistake]:
    """The `most` mistakes that the network was surest of. Predictions are (rows, classes)."""
    predicted = predictions.argmax(axis=1)
    probability = predictions.max(axis=1)
    wrong = np.flatnonzero(predicted != classes)
    order = wrong[np.argsort(-probability[wrong], kind="stable")][:most]
    return [
        Mistake(int(i), int(classes[i]), int(predicted[i]), float(probability[i])) for i in order
    ]


def classes_of(targets: Array) -> Array:
    """Class indices from raw targets: indices themselves, one a row, or one-hot rows."""
    if targets.ndim == 2 and targets.shape[1] > 1:
        targets = targets.argmax(axis=1)
    classes: Array = targets.reshape(len(targets)).astype(np.int64)
    return classes
