"""FTRL."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction
from nnspec.components.optimizers.ftrl import Ftrl


def ftrl(optimizer: Ftrl, w: Array, g: Array, _: Array, slots: SlotArrays) -> UpdateFunction:
    """z <- z + g + 2 shrinkage w - (n'^p - n^p) / lr w, w <- (clip(z) - z) / quadratic, n <- n'."""
    n, z, power = slots["accumulator"], slots["linear"], -optimizer.learning_rate_power
    l1, l2 = optimizer.l1_regularization_strength, optimizer.l2_regularization_strength
    shrinkage = 2 * optimizer.l2_shrinkage_regularization_strength

    def update(rate: float, _: int) -> None:
        if not rate:
            return
        before = n**power
        np.add(n, g * g, out=n)
        after = n**power
        np.add(z, g + shrinkage * w - (after - before) / rate * w, out=z)
        quadratic = after / rate + (2 * l2 + optimizer.beta / rate)
        np.divide(np.clip(z, -l1, l1) - z, quadratic, out=w)

    return update
