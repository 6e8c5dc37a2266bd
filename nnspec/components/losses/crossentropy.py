"""Cross-entropy losses. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf

from nnspec.components.losses.base import Loss
from nnspec.components.targets import (
    check_own_targets,
    check_several_classes,
    holds_class_numbers,
    mismatch,
    mismatch_hint,
)
from nnspec.errors import ShapeError
from nnspec.options.types import Shape, UnitInterval


class ProbabilityLoss(Loss):
    """A loss of probabilities, which is computed from logits where these are known.

    Logits are the numbers before `sigmoid` or `softmax`. A loss after that activation is trained
    on them by itself; with `from_logits` the network's outputs are logits, and so are what it
    predicts and what its metrics get.
    """

    from_logits: bool = False

    domain = (0.0, 1.0)

    @property
    def takes_logits(self) -> bool:
        """Whether the outputs are logits."""
        return self.from_logits


class BinaryCrossentropy(ProbabilityLoss, kind="binary_crossentropy"):
    """mean -[y ln p + (1 - y) ln(1 - p)], for y in [0, 1].

    Derivative: (p - y) / (p (1 - p)); by the number before `sigmoid`: p - y.
    Range: [0, inf).
    Remark: for binary classification. Where the prediction is wrong its gradient is larger than
    the squared error's, and grows without bound as the error grows.

    After `sigmoid` it is computed from x, the number before it: max(x, 0) - x y + ln(1 + e^-|x|).
    Elsewhere p is clipped to [1e-7, 1 - 1e-7]. `label_smoothing` s replaces y by (1 - s) y + s/2.
    `from_logits: true` is for a network that ends in linear: the loss applies `sigmoid` itself, and
    predictions and other metrics stay numbers before it: above 0 for p > 0.5.
    """

    label_smoothing: UnitInterval = 0.0

    fuses_with = "sigmoid"
    result_range = (0.0, inf)
    targets = "probabilities"
    examples = ({}, {"label_smoothing": 0.1}, {"from_logits": True, "label_smoothing": 0.1})

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        check_own_targets(prediction, target, self.kind)


class CategoricalCrossentropy(ProbabilityLoss, kind="categorical_crossentropy"):
    """-sum_m y_m ln p_m over the classes m, for one-hot targets or distributions.

    Derivative: -y_m / p_m; by the numbers before `softmax`: p_m - y_m.
    Range: [0, inf).
    Remark: for M classes. Texts often sum over the rows; here and in frameworks it is the mean.
    Where the prediction is wrong its gradient is larger than the squared error's.

    After `softmax` it is computed from x, the numbers before it: -sum_m y_m (x_m - ln sum_l e^x_l).
    Elsewhere p is divided by its sum and clipped to [1e-7, 1 - 1e-7]. `label_smoothing` s
    replaces y by (1 - s) y + s/C, for C classes. `from_logits: true` is for a network that ends in
    linear: the loss applies `softmax` itself, and predictions and other metrics stay numbers
    before it.
    """

    label_smoothing: UnitInterval = 0.0

    fuses_with = "softmax"
    result_range = (0.0, inf)
    targets = "distributions"
    examples = ({}, {"label_smoothing": 0.1}, {"from_logits": True, "label_smoothing": 0.1})

    def check(self, prediction: Shape, target: Shape) -> None:
        """Both hold one column per class."""
        check_several_classes(prediction, self.kind)
        if prediction == target:
            return
        hint = mismatch_hint(prediction, target)
        if holds_class_numbers(prediction, target) and len(target) < 2:
            hint = f"{hint}, or take sparse_{self.kind}"
        raise ShapeError(mismatch(prediction, target), hint)


class SparseCategoricalCrossentropy(ProbabilityLoss, kind="sparse_categorical_crossentropy"):
    """-ln p_y, where y is the index of the right class; else like `categorical_crossentropy`.

    Derivative: -1 / p_y for the right class, 0 for the others; before `softmax`: p_m - (m = y).
    Range: [0, inf).
    Remark: the same number without one-hot targets.
    """

    fuses_with = "softmax"
    result_range = (0.0, inf)
    targets = "class_numbers"
    examples = ({}, {"from_logits": True})

    def check(self, prediction: Shape, target: Shape) -> None:
        """Predictions have one axis more than targets: the classes."""
        check_several_classes(prediction, self.kind)
        if holds_class_numbers(prediction, target):
            return
        hint = "take categorical_crossentropy, or leave out the step one_hot"
        if prediction == target:
            columns = f"the targets are rows of {target[-1]} columns, one-hot perhaps"
            raise ShapeError(f"{self.kind} takes class numbers and {columns}", hint)
        raise ShapeError(mismatch(prediction, target), f"{self.kind} takes class numbers; {hint}")
