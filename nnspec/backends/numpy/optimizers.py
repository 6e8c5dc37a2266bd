"""Optimizers, on the flat array of all trained weights at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import Parameters
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.rmsprop import RMSprop
from nnspec.components.optimizers.sgd import SGD

Slots = dict[str, Array]
Step = Callable[[float, int], None]  # takes the learning rate and the updates made before


class Updater:
    """Changes the weights by their gradients: clipping, decay, then the optimizer's own rule.

    The gradients may be overwritten.
    """

    def __init__(
        self, optimizer: Optimizer, weights: Parameters, gradients: Parameters, slots: Slots
    ) -> None:
        self.optimizer, self.gradients = optimizer, gradients
        self.step = prepare_update(optimizer, weights.flat, gradients.flat, slots)

    def update(self, step: int) -> None:
        """The update that `step` updates came before."""
        clip(self.optimizer, self.gradients)
        self.step(self.optimizer.rate(step), step)


def prepare_update(optimizer: Optimizer, w: Array, g: Array, slots: Slots) -> Step:
    """The decay w <- w - lr decay w, then the rule, for some numbers and their own slots."""
    scratch = np.empty_like(w)
    rule = registry.OPTIMIZERS[optimizer](optimizer, w, g, scratch, slots)

    def decay_first(rate: float, step: int) -> None:
        np.multiply(w, optimizer.weight_decay, out=scratch)
        np.multiply(scratch, rate, out=scratch)
        np.subtract(w, scratch, out=w)
        rule(rate, step)

    return decay_first if optimizer.weight_decay else rule


def clip(of: Optimizer, gradients: Parameters) -> None:
    """Limit the gradients: each number, each weight's norm, or the norm of all."""
    g = gradients.flat
    if of.clipvalue:
        np.clip(g, -of.clipvalue, of.clipvalue, out=g)
    elif of.clipnorm:
        for view in gradients.views.values():
            _limit(view, of.clipnorm)
    elif of.global_clipnorm:
        _limit(g, of.global_clipnorm)


def _limit(g: Array, norm: float) -> None:
    """g <- g norm / max(|g|, norm)."""
    length = float(np.sqrt(np.sum(np.square(g))))
    if length > norm:
        np.multiply(g, norm / length, out=g)


def sgd(of: SGD, w: Array, g: Array, _: Array, slots: Slots) -> Step:
    """w <- w - lr g; with momentum v <- m v - lr g and w <- w + v (Nesterov: w + m v - lr g)."""
    descend = descent(of, w, g, slots)

    def step(rate: float, _: int) -> None:
        np.multiply(g, rate, out=g)
        descend()

    return step


def descent(of: SGD, w: Array, g: Array, slots: Slots) -> Callable[[], object]:
    """The same for a g that already is lr g."""

    def with_momentum() -> None:
        v = slots["momentum"]
        np.multiply(v, of.momentum, out=v)
        np.subtract(v, g, out=v)
        if of.nesterov:
            np.subtract(w, g, out=w)
            np.multiply(v, of.momentum, out=g)
            np.add(w, g, out=w)
        else:
            np.add(w, v, out=w)

    return with_momentum if of.momentum else partial(np.subtract, w, g, out=w)


def rmsprop(of: RMSprop, w: Array, g: Array, scratch: Array, slots: Slots) -> Step:
    """v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + epsilon), with its two variants."""

    def step(rate: float, _: int) -> None:
        np.multiply(g, g, out=scratch)
        _average(slots["velocity"], scratch, of.rho)
        if of.centered:
            _average(slots["average_gradient"], g, of.rho)
            np.multiply(slots["average_gradient"], slots["average_gradient"], out=scratch)
            np.subtract(slots["velocity"], scratch, out=scratch)
        else:
            np.copyto(scratch, slots["velocity"])
        np.add(scratch, of.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.multiply(g, rate, out=g)
        np.divide(g, scratch, out=g)
        if of.momentum:
            np.multiply(slots["momentum"], of.momentum, out=slots["momentum"])
            np.add(slots["momentum"], g, out=slots["momentum"])
        np.subtract(w, slots["momentum"] if of.momentum else g, out=w)

    return step


def _average(average: Array, value: Array, share: float) -> None:
    """average <- share average + (1 - share) value."""
    np.multiply(average, share, out=average)
    np.add(average, value * (1 - share), out=average)


def adam(of: AdamRule, w: Array, g: Array, scratch: Array, slots: Slots) -> Step:
    """m <- m + (1 - b1)(g - m), v <- v + (1 - b2)(g^2 - v), w <- w - m alpha / (sqrt(v) + eps)."""
    m, v = (slots[name] for name in of.slots)

    def step(rate: float, done: int) -> None:
        np.subtract(g, m, out=scratch)
        np.multiply(scratch, 1 - of.beta_1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(g, g, out=g)
        np.subtract(g, v, out=g)
        np.multiply(g, 1 - of.beta_2, out=g)
        np.add(v, g, out=v)
        np.sqrt(v, out=scratch)
        np.add(scratch, of.epsilon, out=scratch)
        np.multiply(m, rate * of.correction(done), out=g)
        np.divide(g, scratch, out=g)
        np.subtract(w, g, out=w)

    return step
