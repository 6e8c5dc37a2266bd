"""RMSprop."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction
from nnspec.components.optimizers.rmsprop import RMSprop


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
