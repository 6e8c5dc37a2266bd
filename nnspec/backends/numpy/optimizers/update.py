"""Update of all trainable weights: clipping, weight decay, then the optimizer's rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.optimizers.accumulation import GradientAccumulator
from nnspec.backends.numpy.optimizers.averaging import WeightAverage
from nnspec.backends.numpy.parameters import Parameters
from nnspec.components.optimizers.base import Optimizer

SlotArrays = dict[str, Array]
UpdateFunction = Callable[[float, int], None]  # (learning rate, updates made)


class Updater:
    """Updates the weights by their gradients: clipping, weight decay, the rule, their averages.

    The gradients may be overwritten.
    """

    def __init__(
        self, optimizer: Optimizer, weights: Parameters, gradients: Parameters, slots: SlotArrays
    ) -> None:
        self.optimizer, self.gradients = optimizer, gradients
        self.updates = [
            prepare_update(
                optimizer, weights.flat[span], gradients.flat[span],
                {name: values[span] for name, values in slots.items()},
            )
            for span in spans_to_update(optimizer, weights)
        ]  # fmt: skip
        self.accumulator = GradientAccumulator(optimizer, gradients.flat, slots)
        self.average = WeightAverage(optimizer, weights.flat, slots)

    def update(self, step: int, rate: float) -> None:
        """Make the update of the batch that follows `step` earlier ones, if one is due."""
        updates = self.optimizer.updates(step)
        if self.accumulator.add(step):
            clip(self.optimizer, self.gradients)
            for update in self.updates:
                update(rate, updates)
        self.average.update(updates)


def spans_to_update(optimizer: Optimizer, weights: Parameters) -> list[slice]:
    """The slices that the rule takes at a time: all weights at once, or each weight."""
    whole = [slice(0, len(weights.flat))]
    return whole if optimizer.elementwise else list(weights.spans.values())


def prepare_update(optimizer: Optimizer, w: Array, g: Array, slots: SlotArrays) -> UpdateFunction:
    """Weight decay w <- w - lr decay w, then the rule; w, g and each slot have the same length."""
    scratch = np.empty_like(w)
    rule = registry.OPTIMIZERS[optimizer](optimizer, w, g, scratch, slots)

    def decay_and_update(rate: float, step: int) -> None:
        np.multiply(w, optimizer.weight_decay, out=scratch)
        np.multiply(scratch, rate, out=scratch)
        np.subtract(w, scratch, out=w)
        rule(rate, step)

    return decay_and_update if optimizer.weight_decay else rule


def clip(optimizer: Optimizer, gradients: Parameters) -> None:
    """Clip the gradients: by value, by each weight's norm, or by the global norm."""
    g = gradients.flat
    if optimizer.clipvalue:
        np.clip(g, -optimizer.clipvalue, optimizer.clipvalue, out=g)
    elif optimizer.clipnorm:
        for view in gradients.views.values():
            _clip_norm(view, optimizer.clipnorm)
    elif optimizer.global_clipnorm:
        _clip_norm(g, optimizer.global_clipnorm)


def _clip_norm(g: Array, norm: float) -> None:
    """g <- g norm / max(|g|, norm)."""
    current = norm_of(g)
    if current > norm:
        np.multiply(g, norm / current, out=g)


def norm_of(values: Array) -> float:
    """The Euclidean norm of all numbers."""
    return float(np.sqrt(np.sum(np.square(values))))
