"""Losses of distributions. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf

from nnspec.components.losses.base import Loss
from nnspec.components.targets import check_class_columns
from nnspec.options.types import Shape


class KLDivergence(Loss, kind="kl_divergence"):
    """sum_m y_m ln(y_m / p_m) over the classes m, for targets and predictions that sum to 1.

    Derivative: -y_m / p_m; 0 where p_m < 1e-7.
    Range: [0, inf).
    Remark: for targets that are distributions: 0 where the prediction is the target. For one-hot
    targets, and to train from logits, take `categorical_crossentropy`, which differs by a number
    that does not depend on p.

    y and p are clipped to [1e-7, 1].
    """

    result_range = (0.0, inf)
    domain = (0.0, 1.0)
    targets = "distributions"

    def check(self, prediction: Shape, target: Shape) -> None:
        """Both hold one column per class."""
        check_class_columns(prediction, target, self.kind)


class Poisson(Loss, kind="poisson"):
    """mean p - y ln(p + 1e-7).

    Derivative: 1 - y / (p + 1e-7).
    Range: (-inf, inf).
    Remark: for counts: the negative log-likelihood of a Poisson distribution with mean p, without
    ln y!. Predictions are above 0; it is nan where one is below.
    """

    domain = (0.0, inf)
    targets = "non_negative"
