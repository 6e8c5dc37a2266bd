"""One-hot targets as the numbers of their classes: less to fetch, and less to compute with."""

from __future__ import annotations

from torch import Tensor

from nnspec.backends.contract import TrainingSetup, split_fused_activation
from nnspec.components.losses.crossentropy import CategoricalCrossentropy
from nnspec.components.metrics.classification import Accuracy
from nnspec.graph.ir import Graph


def reads_classes(graph: Graph, setup: TrainingSetup) -> bool:
    """Whether everything that reads targets takes them so: torch's own loss, and the accuracy."""
    metrics = all(type(metric) is Accuracy for metric in setup.metrics)
    several = graph.output_shape[-1:] > (1,)  # of a single number, no class can be told
    native = type(setup.loss) is CategoricalCrossentropy
    return (
        native and metrics and several and split_fused_activation(graph, setup.loss)[1] is not None
    )


def class_indices(targets: Tensor) -> Tensor:
    """The classes of rows of which each holds a single 1 and else 0; other targets as they are."""
    ones, zeros = targets == 1, targets == 0
    one_hot = (ones | zeros).all() and (ones.sum(-1) == 1).all()
    return targets.argmax(-1) if one_hot else targets
