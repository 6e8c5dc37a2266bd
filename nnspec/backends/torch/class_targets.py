"""One-hot targets as class indices, which take less memory traffic and less computation."""

from __future__ import annotations

from torch import Tensor

from nnspec.components.losses.crossentropy import CategoricalCrossentropy
from nnspec.components.metrics.classification import Accuracy
from nnspec.graph.objectives import Objective
from nnspec.options.types import Shape


def accepts_class_indices(objective: Objective, output_shape: Shape, fused: bool) -> bool:
    """Whether an output's loss and metrics take class indices: fused crossentropy, and accuracy."""
    only_accuracy = all(type(each.metric) is Accuracy for each in objective.metrics)
    several = output_shape[-1:] > (1,)  # a single output has no classes
    native = type(objective.loss) is CategoricalCrossentropy
    return native and only_accuracy and several and fused


def to_class_indices(targets: Tensor) -> Tensor:
    """Convert one-hot targets (..., classes) to indices (...); return any others unchanged."""
    ones, zeros = targets == 1, targets == 0
    one_hot = (ones | zeros).all() and (ones.sum(-1) == 1).all()
    return targets.argmax(-1) if one_hot else targets
