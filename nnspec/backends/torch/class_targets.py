"""One-hot targets as class indices, which take less memory traffic and less computation."""

from __future__ import annotations

from torch import Tensor

from nnspec.backends.contract import TrainingSetup, split_fused_activation
from nnspec.components.losses.crossentropy import CategoricalCrossentropy
from nnspec.components.metrics.classification import Accuracy
from nnspec.graph.ir import Graph


def accepts_class_indices(graph: Graph, setup: TrainingSetup) -> bool:
    """Whether the loss and all metrics take class indices: fused crossentropy, and accuracy."""
    only_accuracy = all(type(metric) is Accuracy for metric in setup.metrics)
    several = graph.output_shape[-1:] > (1,)  # a single output has no classes
    native = type(setup.loss) is CategoricalCrossentropy
    return (
        native
        and only_accuracy
        and several
        and split_fused_activation(graph, setup.loss)[1] is not None
    )


def to_class_indices(targets: Tensor) -> Tensor:
    """Convert one-hot targets (..., classes) to indices (...); return any others unchanged."""
    ones, zeros = targets == 1, targets == 0
    one_hot = (ones | zeros).all() and (ones.sum(-1) == 1).all()
    return targets.argmax(-1) if one_hot else targets
