"""Loss, metrics and the gradient of the loss for batches of network outputs."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array, TrainingSetup, split_fused_activation
from nnspec.backends.numpy.engine import Sums, total
from nnspec.backends.numpy.losses import formula_of, row_means
from nnspec.backends.numpy.metrics import per_row
from nnspec.graph.ir import Graph


class BatchEvaluator:
    """Measures what a network gives by the recipe's loss and metrics."""

    def __init__(self, graph: Graph, setup: TrainingSetup) -> None:
        self.body, head = split_fused_activation(
            graph, setup.loss
        )  # what the network is to compute
        self.formula = formula_of(setup.loss, head is not None)
        self.metrics = [per_row(metric) for metric in setup.metrics]

    def gradient(self, given: Array, targets: Array, rows: int) -> Array:
        """The gradient of the mean loss of a batch with so many rows, for some of them."""
        return self.formula.mean_gradient(
            last_axis_outermost(given), last_axis_outermost(targets), rows
        )

    def figures(self, given: Array, targets: Array) -> list[Array]:
        """The loss and the metrics of each row."""
        given, targets = last_axis_outermost(given), last_axis_outermost(targets)
        predictions = self.formula.predictions(given) if self.metrics else given
        losses = row_means(self.formula.elements(given, targets))
        return [losses, *(metric(predictions, targets) for metric in self.metrics)]

    def sums(self, given: Array, targets: Array) -> Sums:
        """The figures over some rows."""
        return total(self.figures(given, targets))


def last_axis_outermost(values: Array) -> Array:
    """The same numbers with the last axis as the slowest: what runs along it then takes long rows.

    To add up ten classes of many rows takes a tenth of the time so.
    """
    last = values.ndim - 1
    moved = np.ascontiguousarray(values.transpose(last, *range(last)))
    return moved.transpose(*range(1, last + 1), 0)
