"""Losses of margins. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf

from nnspec.components.losses.base import Loss
from nnspec.components.targets import check_class_columns
from nnspec.options.types import Shape


class Hinge(Loss, kind="hinge"):
    """mean max(1 - y p, 0), for y = -1 or 1.

    Derivative: -y where y p < 1, else 0.
    Range: [0, inf).
    Remark: of support vector machines; after `linear` or `tanh`. A prediction is a yes above 0, so
    `binary_accuracy` takes `threshold: 0`.

    A target 0 counts as -1. Keras does so only in a batch whose targets are all 0 or 1.
    """

    result_range = (0.0, inf)
    targets = "signs"


class SquaredHinge(Loss, kind="squared_hinge"):
    """mean max(1 - y p, 0)^2, for y = -1 or 1; else like `hinge`.

    Derivative: -2 y max(1 - y p, 0).
    Range: [0, inf).
    Remark: smooth where the margin is reached; follows outliers more than `hinge`.
    """

    result_range = (0.0, inf)
    targets = "signs"


class CategoricalHinge(Loss, kind="categorical_hinge"):
    """max(1 + max_m (1 - y_m) p_m - sum_m y_m p_m, 0) over the classes m, for one-hot targets.

    Derivative: -1 for the right class, 1 for the largest wrong one, as long as that is less than 1
    below it; else 0. The first counts of equal ones.
    Range: [0, inf).
    Remark: the margin of the right class, for M classes. As (1 - y_m) p_m is 0 for the right class,
    wrong ones below 0 do not count.
    """

    result_range = (0.0, inf)
    targets = "distributions"

    def check(self, prediction: Shape, target: Shape) -> None:
        """Both hold one column per class."""
        check_class_columns(prediction, target, self.kind)
