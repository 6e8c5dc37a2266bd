"""A loss as functions of arrays; the loss of a batch is the mean over its rows, as in Keras."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.components.losses.base import Loss

EPSILON = 1e-7  # Keras' guard against a division or a logarithm of 0


def _unchanged(outputs: Array) -> Array:
    return outputs


class LossFormula(NamedTuple):
    """A loss as functions of the network's outputs and the targets."""

    elements: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]  # of each element; a new array
    predictions: Callable[[Array], Array] = _unchanged
    reduced_axis: int | None = None  # the axis that the loss reduces; the batch's is 0

    def mean_gradient(self, outputs: Array, targets: Array, rows: int) -> Array:
        """Gradient of the mean loss of a batch of `rows` rows, for some of these rows."""
        gradient = self.gradient(outputs, targets)
        reduced = 1 if self.reduced_axis is None else outputs.shape[self.reduced_axis]
        return np.divide(gradient, rows * (prod(outputs.shape[1:]) // reduced), out=gradient)


def loss_formula(loss: Loss, fused: bool) -> LossFormula:
    """The formula of a loss; `fused`: the outputs are those before the last activation."""
    rules = registry.LOSSES_FROM_LOGITS if fused or loss.takes_logits else registry.LOSSES
    formula: LossFormula = rules[loss](loss)
    return formula if fused else formula._replace(predictions=_unchanged)


def row_means(values: Array, dtype: Any = None) -> Array:
    """Mean of each row, values (rows, ...); an array (rows) is returned unchanged."""
    if values.ndim == 1:
        return values
    rows = values.reshape(len(values), -1)
    return np.add.reduce(rows, axis=1, dtype=dtype) / rows.shape[1]
