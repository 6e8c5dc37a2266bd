"""Adam and its kin: Adamax, Nadam, LAMB."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.optimizers.update import SlotArrays, UpdateFunction, norm_of
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.adamax import Adamax
from nnspec.components.optimizers.lamb import Lamb
from nnspec.components.optimizers.moments import MomentOptimizer
from nnspec.components.optimizers.nadam import Nadam


def adam(
    optimizer: AdamRule, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """w <- w - m alpha / (sqrt(v) + eps); with `amsgrad`, the largest v so far in place of v."""
    m, v = slots["momentum"], slots["velocity"]
    largest = slots.get("velocity_hat", v)

    def update(rate: float, step: int) -> None:
        _add_moments(optimizer, g, scratch, slots)
        if largest is not v:
            np.maximum(largest, v, out=largest)
        np.sqrt(largest, out=scratch)
        np.add(scratch, optimizer.epsilon, out=scratch)
        np.multiply(m, rate * optimizer.correction(step), out=g)
        np.divide(g, scratch, out=g)
        np.subtract(w, g, out=w)

    return update


def adamax(
    optimizer: Adamax, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """m <- m + (1 - b1)(g - m), u <- max(b2 u, |g|), w <- w - m lr / (1 - b1^t) / (u + eps)."""
    m, u = slots["momentum"], slots["norm"]

    def update(rate: float, step: int) -> None:
        np.subtract(g, m, out=scratch)
        np.multiply(scratch, 1 - optimizer.beta_1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(u, optimizer.beta_2, out=u)
        np.maximum(u, np.abs(g, out=g), out=u)
        np.add(u, optimizer.epsilon, out=scratch)
        np.multiply(m, rate * optimizer.correction(step), out=g)
        np.divide(g, scratch, out=g)
        np.subtract(w, g, out=w)

    return update


def nadam(
    optimizer: Nadam, w: Array, g: Array, scratch: Array, slots: SlotArrays
) -> UpdateFunction:
    """w <- w - lr (a m + b g) / (sqrt(c v) + eps), with the update's coefficients a, b, c."""
    m, v = slots["momentum"], slots["velocity"]

    def update(rate: float, step: int) -> None:
        coefficients = optimizer.coefficients(step)
        direction = g * coefficients.gradient
        _add_moments(optimizer, g, scratch, slots)
        direction += np.multiply(m, coefficients.momentum, out=scratch)
        np.multiply(v, coefficients.velocity, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.add(scratch, optimizer.epsilon, out=scratch)
        direction *= rate
        direction /= scratch
        np.subtract(w, direction, out=w)

    return update


def lamb(optimizer: Lamb, w: Array, g: Array, scratch: Array, slots: SlotArrays) -> UpdateFunction:
    """w <- w - lr (|w| / |s|) s, with s Adam's step; w is one weight."""
    m, v = slots["momentum"], slots["velocity"]

    def update(rate: float, step: int) -> None:
        corrections = optimizer.corrections(step)
        _add_moments(optimizer, g, scratch, slots)
        np.multiply(v, corrections.velocity, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.add(scratch, optimizer.epsilon, out=scratch)
        np.multiply(m, corrections.momentum, out=g)
        np.divide(g, scratch, out=g)
        norm, length = norm_of(w), norm_of(g)
        np.multiply(g, rate * (norm / length if norm and length else 1.0), out=g)
        np.subtract(w, g, out=w)

    return update


def _add_moments(optimizer: MomentOptimizer, g: Array, scratch: Array, slots: SlotArrays) -> None:
    """m <- m + (1 - b1)(g - m), v <- v + (1 - b2)(g^2 - v); overwrites g."""
    m, v = slots["momentum"], slots["velocity"]
    np.subtract(g, m, out=scratch)
    np.multiply(scratch, 1 - optimizer.beta_1, out=scratch)
    np.add(m, scratch, out=m)
    np.multiply(g, g, out=g)
    np.subtract(g, v, out=g)
    np.multiply(g, 1 - optimizer.beta_2, out=g)
    np.add(v, g, out=v)
