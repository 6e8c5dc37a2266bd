"""Elementwise activation functions: the value f(z) and the derivative f'(z)."""

from __future__ import annotations

from functools import singledispatch
from math import erf, inf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.components.layers.activations import (
    GELU,
    Heaviside,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from nnspec.components.layers.base import Layer

Floats = NDArray[np.float64]
_SQRT_2_PI = sqrt(2 / pi)


@singledispatch
def activation_formula(layer: Layer, z: Floats, **weights: Floats) -> tuple[Floats, Floats]:
    """f(z) and f'(z), elementwise; at a kink f' is that of the branch z <= 0."""
    raise TypeError(f"{layer.kind} is no function of single numbers")


def has_elementwise_formula(layer: Layer) -> bool:
    """Whether a layer is an elementwise function with a formula here."""
    return activation_formula.dispatch(type(layer)) is not activation_formula.dispatch(object)


@activation_formula.register
def _(_: Linear, z: Floats) -> tuple[Floats, Floats]:
    return z, np.ones_like(z)


@activation_formula.register
def _(layer: Heaviside, z: Floats) -> tuple[Floats, Floats]:
    return np.where(z > layer.threshold, 1.0, 0.0), np.zeros_like(z)


@activation_formula.register
def _(_: Sigmoid, z: Floats) -> tuple[Floats, Floats]:
    a = 1 / (1 + np.exp(-z))
    return a, a * (1 - a)


@activation_formula.register
def _(_: Tanh, z: Floats) -> tuple[Floats, Floats]:
    a = np.tanh(z)
    return a, 1 - a**2


@activation_formula.register
def _(layer: ReLU, z: Floats) -> tuple[Floats, Floats]:
    t, slope = layer.threshold, layer.negative_slope
    high = inf if layer.max_value is None else layer.max_value
    derivative = np.where(z > t, np.where(z > high, 0.0, 1.0), slope)
    return np.where(z > t, np.minimum(z, high), slope * (z - t)), derivative


@activation_formula.register
def _(layer: LeakyReLU, z: Floats) -> tuple[Floats, Floats]:
    return _piecewise_linear(z, layer.negative_slope)


@activation_formula.register
def _(_: PReLU, z: Floats, **weights: Floats) -> tuple[Floats, Floats]:
    return _piecewise_linear(z, weights["alpha"])


@activation_formula.register
def _(_: SiLU, z: Floats) -> tuple[Floats, Floats]:
    s = 1 / (1 + np.exp(-z))
    return z * s, s * (1 + z * (1 - s))


@activation_formula.register
def _(layer: GELU, z: Floats) -> tuple[Floats, Floats]:
    if layer.approximate:
        t = np.tanh(_SQRT_2_PI * (z + 0.044715 * z**3))
        slope = _SQRT_2_PI * (1 + 3 * 0.044715 * z**2)
        return z / 2 * (1 + t), (1 + t) / 2 + z / 2 * (1 - t**2) * slope
    phi = (1 + np.vectorize(erf, otypes=[np.float64])(z / sqrt(2))) / 2
    return z * phi, phi + z * np.exp(-(z**2) / 2) / sqrt(2 * pi)


def _piecewise_linear(z: Floats, slope: Any) -> tuple[Floats, Floats]:
    """z for z > 0, slope z for z <= 0."""
    derivative = np.where(z > 0, 1.0, slope)
    return np.where(z > 0, z, slope * z), derivative
