"""Optimizer update rules on the flat array of all trainable weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import Parameters
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.rmsprop import RMSprop
from nnspec.components.optimizers.sgd import SGD

SlotArrays = dict[str, Array]
UpdateFunction = Callable[[float, int], None]  # (learning rate, updates made)


class Updater:
    """Updates the weights by their gradients: clipping, weight decay, then the optimizer's rule.

    The gradients may be overwritten.
    """

    def __init__(
        self, optimizer: Optimizer, weights: Parameters, gradients: Parameters, slots: SlotArrays
    ) -> None:
        self.optimizer, self.gradients = optimizer, gradients
        self.step = prepare_update(optimizer, weights.flat, gradients.flat, slots)

    def update(self, step: int, rate: float) -> None:
        """Make the update that follows `step` earlier ones, with a learning rate."""
        clip(self.optimizer, self.gradients)
        self.step(rate, step)


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
    current = float(np.sqrt(np.sum(np.square(g))))
    if current > norm:
        np.multiply(g, norm / current, out=g)


def sgd(optimizer: SGD, w: Array, g: Array, _: Array, slots: SlotArrays) -> UpdateFunction:
    """w <- w - lr g; with momentum v <- m v - lr g and w <- w + v (Nesterov: w + m v - lr g)."""
    subtract_update = scaled_sgd(optimizer, w, g, slots)

    def update(rate: float, _: int) -> None:
        np.multiply(g, rate, out=g)
        subtract_update()

    return update


def scaled_sgd(optimizer: SGD, w: Array, g: Array, slots: SlotArrays) -> Callable[[], object]:
    """`sgd` for a gradient g that is already multiplied by lr."""

    def with_momentum() -> None:
        v = slots["momentum"]
        np.multiply(v, optimizer.momentum, out=v)
        np.subtract(v, g, out=v)
        if optimizer.nesterov:
            np.subtract(w, g, out=w)
            np.multiply(v, optimizer.momentum, out=g)
            np.add(w, g, out=w)
        else:
            np.add(w, v, out=w)

    return with_momentum if optimizer.momentum else partial(np.subtract, w, g, out=w)


def rmsprop(
    optimizer: RMSprop, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + eps); or centered, or with momentum."""

    def update(rate: float, _: int) -> None:
        np.multiply(g, g, out=scratch)
        _moving_average(slots["velocity"], scratch, optimizer.rho)
        if optimizer.centered:
            _moving_average(slots["average_gradient"], g, optimizer.rho)
            np.multiply(slots["average_gradient"], slots["average_gradient"], out=scratch)
            np.subtract(slots["velocity"], scratch, out=scratch)
        else:
            np.copyto(scratch, slots["velocity"])
        np.add(scratch, optimizer.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.multiply(g, rate, out=g)
        np.divide(g, scratch, out=g)
        if optimizer.momentum:
            np.multiply(slots["momentum"], optimizer.momentum, out=slots["momentum"])
            np.add(slots["momentum"], g, out=slots["momentum"])
        np.subtract(w, slots["momentum"] if optimizer.momentum else g, out=w)

    return update


def _moving_average(average: Array, value: Array, decay: float) -> None:
    """average <- decay average + (1 - decay) value."""
    np.multiply(average, decay, out=average)
    np.add(average, value * (1 - decay), out=average)


def adam(
    optimizer: AdamRule, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """m <- m + (1 - b1)(g - m), v <- v + (1 - b2)(g^2 - v), w <- w - m alpha / (sqrt(v) + eps)."""
    m, v = (slots[name] for name in optimizer.slots)

    def update(rate: float, step: int) -> None:
        np.subtract(g, m, out=scratch)
        np.multiply(scratch, 1 - optimizer.beta_1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(g, g, out=g)
        np.subtract(g, v, out=g)
        np.multiply(g, 1 - optimizer.beta_2, out=g)
        np.add(v, g, out=v)
        np.sqrt(v, out=scratch)
        np.add(scratch, optimizer.epsilon, out=scratch)
        np.multiply(m, rate * optimizer.correction(step), out=g)
        np.divide(g, scratch, out=g)
        np.subtract(w, g, out=w)

    return update
