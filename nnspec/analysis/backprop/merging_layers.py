"""Formulas of layers that merge several values of one row.

An axis of size 1 is repeated to fit the others; its gradient is the sum over the repetitions.
"""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import MergeBackward, merge_formula
from nnspec.components.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)


@merge_formula.register
def add(_: Add, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """y = x_1 + x_2 + ...; dL/dx_i = dL/dy."""
    return _sum(xs), lambda dy: [_fitted(dy, x) for x in xs]


@merge_formula.register
def subtract(_: Subtract, x: Floats, z: Floats) -> tuple[Floats, MergeBackward]:
    """y = x - z; dL/dx = dL/dy, dL/dz = -dL/dy."""
    return x - z, lambda dy: [_fitted(dy, x), _fitted(-dy, z)]


@merge_formula.register
def average(_: Average, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """y = (x_1 + ... + x_n) / n; dL/dx_i = dL/dy / n."""
    return _sum(xs) / len(xs), lambda dy: [_fitted(dy / len(xs), x) for x in xs]


@merge_formula.register
def multiply(_: Multiply, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """y = x_1 x_2 ...; dL/dx_i = dL/dy times the product of the others."""

    def backward(dy: Floats) -> list[Floats]:
        others = [prod((*xs[:i], *xs[i + 1 :])) for i in range(len(xs))]
        return [_fitted(dy * other, x) for other, x in zip(others, xs, strict=True)]

    return prod(xs[1:], start=xs[0]), backward


@merge_formula.register
def maximum(_: Maximum, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """y = max(x_1, x_2, ...); the first of the largest gets dL/dy."""
    return _chosen(xs, np.argmax)


@merge_formula.register
def minimum(_: Minimum, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """y = min(x_1, x_2, ...); the first of the smallest gets dL/dy."""
    return _chosen(xs, np.argmin)


@merge_formula.register
def concatenate(layer: Concatenate, *xs: Floats) -> tuple[Floats, MergeBackward]:
    """The inputs one after the other; each gets its part of dL/dy."""
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis
    ends = np.cumsum([x.shape[axis] for x in xs])[:-1]
    return np.concatenate(xs, axis), lambda dy: np.split(dy, ends, axis)


def _sum(xs: tuple[Floats, ...]) -> Floats:
    return sum(xs[1:], start=xs[0])


def _chosen(xs: tuple[Floats, ...], choose: object) -> tuple[Floats, MergeBackward]:
    stacked = np.stack(np.broadcast_arrays(*xs))
    first = choose(stacked, axis=0)  # type: ignore[operator]
    y = np.take_along_axis(stacked, first[None], axis=0)[0]
    return y, lambda dy: [_fitted(dy * (first == i), x) for i, x in enumerate(xs)]


def _fitted(dy: Floats, x: Floats) -> Floats:
    """The gradient of an input that was repeated along its axes of size 1."""
    repeated = tuple(axis for axis, size in enumerate(x.shape) if size < dy.shape[axis])
    return dy.sum(axis=repeated, keepdims=True) if repeated else dy
