"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction
from nnspec.components.optimizers.sgd import SGD


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
