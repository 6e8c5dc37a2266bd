"""Adagrad and Adadelta."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction
from nnspec.components.optimizers.adagrad import Adadelta, Adagrad


def adagrad(
    optimizer: Adagrad, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """n <- n + g^2, w <- w - lr g / sqrt(n + eps)."""
    n = slots["accumulator"]

    def update(rate: float, _: int) -> None:
        np.multiply(g, g, out=scratch)
        np.add(n, scratch, out=n)
        np.add(n, optimizer.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.multiply(g, rate, out=g)
        np.divide(g, scratch, out=g)
        np.subtract(w, g, out=w)

    return update


def adadelta(
    optimizer: Adadelta, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """d = g sqrt(b + eps) / sqrt(a + eps), w <- w - lr d; a, b are running means of g^2, d^2."""
    a, b = slots["accumulated_gradient"], slots["accumulated_step"]

    def update(rate: float, _: int) -> None:
        _average_square(a, g, optimizer.rho)
        np.multiply(g, _root(b, optimizer.epsilon, scratch), out=g)
        np.divide(g, _root(a, optimizer.epsilon, scratch), out=g)
        _average_square(b, g, optimizer.rho)
        np.multiply(g, rate, out=g)
        np.subtract(w, g, out=w)

    return update


def _average_square(average: Array, values: Array, rho: float) -> None:
    """average <- rho average + (1 - rho) values^2."""
    np.multiply(average, rho, out=average)
    np.add(average, (1 - rho) * (values * values), out=average)


def _root(average: Array, epsilon: float, out: Array) -> Array:
    """sqrt(average + epsilon)."""
    np.add(average, epsilon, out=out)
    return np.sqrt(out, out=out)
