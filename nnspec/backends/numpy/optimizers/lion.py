"""Lion."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction
from nnspec.components.optimizers.lion import Lion


def lion(optimizer: Lion, w: Array, g: Array, scratch: Array, slots: SlotArrays) -> UpdateFunction:
    """w <- w - lr sign(b1 m + (1 - b1) g), m <- b2 m + (1 - b2) g."""
    m = slots["momentum"]

    def update(rate: float, _: int) -> None:
        np.multiply(m, optimizer.beta_1, out=scratch)
        np.add(scratch, g * (1 - optimizer.beta_1), out=scratch)
        np.sign(scratch, out=scratch)
        np.multiply(scratch, rate, out=scratch)
        np.subtract(w, scratch, out=w)
        np.multiply(m, optimizer.beta_2, out=m)
        np.multiply(g, 1 - optimizer.beta_2, out=g)
        np.add(m, g, out=m)

    return update
