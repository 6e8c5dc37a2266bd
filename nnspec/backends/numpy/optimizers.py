"""Optimizers, on the flat array of all weights at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnspec.backends.base import Array, Rules
from nnspec.optimizers import SGD, Optimizer

Update = Callable[[int], None]  # takes the number of updates made before
Slots = dict[str, Array]
optimizer_rule: Rules[Callable[..., Update]] = Rules("numpy")


def update_of(optimizer: Optimizer, weights: Array, gradients: Array, slots: Slots) -> Update:
    """The function that makes one update in place; gradients may be overwritten."""
    return optimizer_rule[optimizer](optimizer, weights, gradients, slots)


@optimizer_rule.register(SGD)
def sgd(optimizer: SGD, w: Array, g: Array, slots: Slots) -> Update:
    """w <- w - lr g; with momentum v <- m v - lr g and w <- w + v (Nesterov: w + m v - lr g)."""
    rate, m, nesterov = optimizer.learning_rate, optimizer.momentum, optimizer.nesterov

    def plain(_: int) -> None:
        np.multiply(g, rate, out=g)
        np.subtract(w, g, out=w)

    def with_momentum(_: int) -> None:
        v = slots["momentum"]
        np.multiply(g, rate, out=g)
        np.multiply(v, m, out=v)
        np.subtract(v, g, out=v)
        if nesterov:
            np.subtract(w, g, out=w)
            np.multiply(v, m, out=g)
            np.add(w, g, out=w)
        else:
            np.add(w, v, out=w)

    return with_momentum if m else plain
