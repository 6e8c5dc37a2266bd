"""Focal losses: cross-entropies that weigh rows down which are right already.

y is the target, p the prediction, e the loss of one row.
"""

from __future__ import annotations

from math import inf
from typing import Annotated

from pydantic import Field

from nnspec.components.losses.crossentropy import ProbabilityLoss
from nnspec.components.targets import check_class_columns, check_own_targets
from nnspec.options.types import NonNegativeFloat, Shape, UnitInterval

_Share = Annotated[float, Field(ge=0, le=1)]


class BinaryFocalCrossentropy(ProbabilityLoss, kind="binary_focal_crossentropy"):
    """mean w u^gamma (-[y ln p + (1 - y) ln(1 - p)]), u = y (1 - p) + (1 - y) p.

    Derivative: w (gamma u^(gamma - 1) (1 - 2 y) b + u^gamma (p - y) / (p (1 - p))), b the
    binary cross-entropy.
    Range: [0, inf).
    Remark: for a rare class: u is near 0 for rows that are right already, which hardly count. With
    gamma 0 it is `binary_crossentropy`. With `apply_class_balancing` w is alpha for y = 1 and
    1 - alpha for y = 0, else 1.

    `label_smoothing`, `from_logits` and clipping are those of `binary_crossentropy`; u is clipped
    to at least 1e-7.
    """

    apply_class_balancing: bool = False
    alpha: _Share = 0.25
    gamma: NonNegativeFloat = 2.0
    label_smoothing: UnitInterval = 0.0

    fuses_with = "sigmoid"
    result_range = (0.0, inf)
    targets = "probabilities"
    examples = (
        {},
        {"gamma": 0.5, "apply_class_balancing": True, "label_smoothing": 0.1},
        {"from_logits": True},
    )

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        check_own_targets(prediction, target, self.kind)


class CategoricalFocalCrossentropy(ProbabilityLoss, kind="categorical_focal_crossentropy"):
    """-alpha sum_m (1 - p_m)^gamma y_m ln p_m over the classes m.

    Derivative: alpha y_m (gamma (1 - p_m)^(gamma - 1) ln p_m - (1 - p_m)^gamma / p_m).
    Range: [0, inf).
    Remark: for rare classes: rows that are right already hardly count. With alpha 1 and gamma 0 it
    is `categorical_crossentropy`. A weight for each class is `class_weight`.

    `label_smoothing`, `from_logits` and clipping are those of `categorical_crossentropy`; 1 - p_m
    is clipped to at least 1e-7.
    """

    alpha: _Share = 0.25
    gamma: NonNegativeFloat = 2.0
    label_smoothing: UnitInterval = 0.0

    fuses_with = "softmax"
    result_range = (0.0, inf)
    targets = "distributions"
    examples = ({}, {"alpha": 0.5, "gamma": 0.5, "label_smoothing": 0.1}, {"from_logits": True})

    def check(self, prediction: Shape, target: Shape) -> None:
        """Both hold one column per class."""
        check_class_columns(prediction, target, self.kind)
