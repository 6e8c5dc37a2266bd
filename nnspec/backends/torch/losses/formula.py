"""A loss as a function of tensors: elementwise from predictions, or as a mean from logits.

A loss from logits takes the inputs of the last activation and returns the mean at once; with
`reduction="none"` the elements, without the axis of classes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

from torch import Tensor

from nnspec.backends.torch import registry
from nnspec.components.losses.base import Loss

EPSILON = 1e-7  # Keras' guard against a division or a logarithm of 0

LossRule = Callable[[Any, Tensor, Tensor], Tensor]  # loss, predictions or logits, targets
Formula = Callable[[Tensor, Tensor], Tensor]
WeightedFormula = Callable[[Tensor, Tensor, Tensor], Tensor]


def elementwise_loss(loss: Loss, fused: bool = False) -> Formula:
    """Return the function (outputs, targets) -> loss of each element.

    `fused`: the outputs are those before the last activation.
    """
    if fused or loss.takes_logits:
        return partial(registry.LOSSES_FROM_LOGITS[loss], loss, reduction="none")
    return partial(registry.LOSSES[loss], loss)


def mean_loss(loss: Loss, fused: bool) -> Formula:
    """Return the function (outputs, targets) -> mean loss."""
    if fused or loss.takes_logits:
        return partial(registry.LOSSES_FROM_LOGITS[loss], loss)
    elements = elementwise_loss(loss)
    return lambda predictions, targets: elements(predictions, targets).mean()


def reduced(elements: Tensor, reduction: str) -> Tensor:
    """The mean of elements, or with the reduction `none` these."""
    return elements if reduction == "none" else elements.mean()


def weighted_mean_loss(loss: Loss, fused: bool) -> WeightedFormula:
    """Return the function (outputs, targets, weights) -> sum_i w_i e_i / rows, as `mean_loss`."""
    elements = elementwise_loss(loss, fused)

    def weighted(outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        values = elements(outputs, targets)
        rows = values.reshape(len(values), prod(values.shape[1:])).mean(-1)
        return (rows * weights).mean()

    return weighted
