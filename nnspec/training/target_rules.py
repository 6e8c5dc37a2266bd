"""The values that losses and metrics take as targets: what breaks a rule, and what to do about it.

Rounding of a float32 is no mistake: it is what a division of the targets may leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.targets import TargetValues

LossOrMetric = Loss | Metric
_ROUNDING = 1e-6  # of a number up to 1 in float32
_LAST_DIGIT = 5e-4  # by which each number of a distribution may differ: half of the third digit
_SPARSE = "sparse_categorical_crossentropy"
_MAX_CLASSES = 1000  # whole labels up to here are taken for numbers of classes


class TargetRule(NamedTuple):
    """What targets must be: in words, where they are not, and what to do about it."""

    needs: str
    violations: Callable[[Array, int], Array]  # (targets, classes) -> mask of rows or numbers
    hint: str
    metric_hint: str = ""  # of a metric that is no loss
    training_hint: Callable[[Array], str] = lambda _: ""  # from all training targets, if they tell

    def hint_for(self, targets: Array, part: str, measure: LossOrMetric) -> str:
        """The hint for targets of a part of the data that break the rule."""
        if isinstance(measure, Metric):
            return self.metric_hint or self.hint
        return (self.training_hint(targets) if part == "training" else "") or self.hint


def _outside_probabilities(targets: Array, _: int) -> Array:
    return (targets < -_ROUNDING) | (targets > 1 + _ROUNDING)


def _negative(targets: Array, _: int) -> Array:
    return targets < -_ROUNDING


def _no_signs(targets: Array, _: int) -> Array:
    return _no_labels(np.abs(targets), _)


def _no_labels(targets: Array, _: int) -> Array:
    return (np.abs(targets) > _ROUNDING) & (np.abs(targets - 1.0) > _ROUNDING)


def _no_distributions(targets: Array, classes: int) -> Array:
    sums = targets.sum(axis=-1, dtype=np.float64)
    return (targets < -_ROUNDING).any(axis=-1) | (np.abs(sums - 1) > _LAST_DIGIT * classes)


def _no_class_numbers(targets: Array, classes: int) -> Array:
    return (targets != np.floor(targets)) | (targets < 0) | (targets >= classes)


def _written_labels(targets: Array) -> str:
    """How whole labels are written as 0 and 1, or what is meant by more of them."""
    labels = np.unique(targets)
    if not np.array_equal(labels, np.floor(labels)):
        return ""
    if len(labels) == 2:
        return f"no is 0 and yes is 1; the step scale makes that of {labels[0]:g} and {labels[1]:g}"
    if labels[0] >= 0 and 2 <= labels[-1] < _MAX_CLASSES:
        count = int(labels[-1]) + 1
        return f"for classes 0 to {count - 1}: {count} units, softmax, {_SPARSE}"
    return ""


def _nearly_distributions(targets: Array) -> str:
    sums = targets.sum(axis=-1, dtype=np.float64)
    nearly = (targets >= 0).all() and (np.abs(sums - 1) < 0.1).all()
    return "divide each row by its sum" if nearly else ""


def _needed_outputs(targets: Array) -> str:
    whole = bool((targets == np.floor(targets)).all())
    if not whole or targets.min() < 0 or targets.max() >= _MAX_CLASSES:
        return ""
    return f"classes are numbered from 0; these need {int(targets.max()) + 1} outputs"


_OF_CLASSES = "it counts right classes; of other numbers mean_squared_error is a metric"
RULES: Mapping[TargetValues, TargetRule] = {
    "non_negative": TargetRule(
        "targets of 0 or more", _negative, "mean_squared_error takes any number"
    ),
    "signs": TargetRule(
        "targets that are -1 or 1, or 0 or 1", _no_signs, "no is -1 or 0 and yes is 1"
    ),
    "probabilities": TargetRule(
        "targets in [0, 1]", _outside_probabilities,
        "no is 0 and yes is 1; mean_squared_error takes any number", _OF_CLASSES, _written_labels,
    ),
    "labels": TargetRule("targets that are 0 or 1", _no_labels, _OF_CLASSES),
    "distributions": TargetRule(
        "targets of 0 or more that sum to 1", _no_distributions,
        "one class a row is one_hot; where several classes may be on, take sigmoid and "
        "binary_crossentropy",
        "binary_accuracy counts each yes or no where several classes may be on",
        _nearly_distributions,
    ),
    "class_numbers": TargetRule(
        "a whole number from 0 to {last}", _no_class_numbers,
        "classes are numbered from 0; the last layer has an output for each", "", _needed_outputs,
    ),
}  # fmt: skip
