"""One-hot targets as class indices, which take less memory traffic and less computation."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnspec.components.losses.crossentropy import CategoricalCrossentropy
from nnspec.components.metrics.classification import Accuracy
from nnspec.graph.objectives import Objective
from nnspec.options.types import Shape


def accepts_class_indices(objective: Objective, output_shape: Shape, fused: bool) -> bool:
    """Whether loss and metrics take class indices: crossentropy of logits, and accuracy."""
    only_accuracy = all(type(each.metric) is Accuracy for each in objective.metrics)
    several = output_shape[-1:] > (1,)  # a single output has no classes
    native = type(objective.loss) is CategoricalCrossentropy
    return native and only_accuracy and several and (fused or objective.loss.takes_logits)


class ClassTargets(NamedTuple):
    """Class indices (rows, ...) of targets, and which rows are one-hot, so that they have them.

    A batch gets them if all its rows do: what becomes of it does not depend on other rows.
    """

    indices: Tensor
    one_hot: NDArray[np.bool_]

    @classmethod
    def of(cls, targets: Tensor) -> ClassTargets:
        """The class indices of targets (rows, ..., classes)."""
        ones, zeros = targets == 1, targets == 0
        one_hot = (ones | zeros).all(-1) & (ones.sum(-1) == 1)
        return cls(
            targets.argmax(-1),
            one_hot.reshape(len(targets), prod(one_hot.shape[1:])).all(1).cpu().numpy(),
        )
