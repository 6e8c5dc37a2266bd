"""Elementwise activation functions of exponentials and of pieces: f(z) and f'(z)."""

from __future__ import annotations

import numpy as np

from nnspec.analysis.backprop.activations import Floats, activation_formula
from nnspec.components.layers import piecewise_activations as pieces
from nnspec.components.layers import smooth_activations as smooth

Formula = tuple[Floats, Floats]


@activation_formula.register
def _(layer: smooth.ELU, z: Floats) -> Formula:
    exponential = layer.alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, exponential - layer.alpha), np.where(z > 0, 1.0, exponential)


@activation_formula.register
def _(_: smooth.SELU, z: Floats) -> Formula:
    a, derivative = activation_formula(smooth.ELU(alpha=smooth.SELU_ALPHA), z)
    return smooth.SELU_SCALE * a, smooth.SELU_SCALE * derivative


@activation_formula.register
def _(layer: smooth.CELU, z: Floats) -> Formula:
    exponential = np.exp(np.minimum(z, 0) / layer.alpha)
    return np.where(z > 0, z, layer.alpha * (exponential - 1)), np.where(z > 0, 1.0, exponential)


@activation_formula.register
def _(_: smooth.Mish, z: Floats) -> Formula:
    t = np.tanh(np.log(1 + np.exp(z)))
    return z * t, t + z * (1 - t**2) / (1 + np.exp(-z))


@activation_formula.register
def _(_: smooth.Softplus, z: Floats) -> Formula:
    return np.log(1 + np.exp(z)), 1 / (1 + np.exp(-z))


@activation_formula.register
def _(_: smooth.LogSigmoid, z: Floats) -> Formula:
    return -np.log(1 + np.exp(-z)), 1 / (1 + np.exp(z))


@activation_formula.register
def _(_: smooth.Softsign, z: Floats) -> Formula:
    return z / (1 + np.abs(z)), 1 / (1 + np.abs(z)) ** 2


@activation_formula.register
def _(_: smooth.Exponential, z: Floats) -> Formula:
    return np.exp(z), np.exp(z)


@activation_formula.register
def _(_: smooth.TanhShrink, z: Floats) -> Formula:
    return z - np.tanh(z), np.tanh(z) ** 2


@activation_formula.register
def _(layer: smooth.Squareplus, z: Floats) -> Formula:
    root = np.sqrt(z**2 + layer.b)
    return (z + root) / 2, (1 + z / root) / 2


@activation_formula.register
def _(_: pieces.ReLU6, z: Floats) -> Formula:
    return np.clip(z, 0, 6), _between(z, 0, 6)


@activation_formula.register
def _(_: pieces.HardSigmoid, z: Floats) -> Formula:
    return np.clip(z / 6 + 1 / 2, 0, 1), _between(z, -3, 3) / 6


@activation_formula.register
def _(_: pieces.HardSiLU, z: Floats) -> Formula:
    derivative = np.where(z > 3, 1.0, _between(z, -3, 3) * (2 * z + 3) / 6)
    return z * np.clip(z / 6 + 1 / 2, 0, 1), derivative


@activation_formula.register
def _(_: pieces.HardTanh, z: Floats) -> Formula:
    return np.clip(z, -1, 1), _between(z, -1, 1)


@activation_formula.register
def _(_: pieces.SparseSigmoid, z: Floats) -> Formula:
    return np.clip((z + 1) / 2, 0, 1), _between(z, -1, 1) / 2


@activation_formula.register
def _(_: pieces.SparsePlus, z: Floats) -> Formula:
    return np.where(z < 1, np.maximum(z + 1, 0) ** 2 / 4, z), np.clip((z + 1) / 2, 0.0, 1.0)


@activation_formula.register
def _(layer: pieces.SoftShrink, z: Floats) -> Formula:
    t = layer.threshold
    return np.sign(z) * np.maximum(np.abs(z) - t, 0), 1 - _between(z, -t, t)


@activation_formula.register
def _(layer: pieces.HardShrink, z: Floats) -> Formula:
    outside = (np.abs(z) > layer.threshold).astype(np.float64)
    return z * outside, outside


@activation_formula.register
def _(layer: pieces.Threshold, z: Floats) -> Formula:
    above = z > layer.threshold
    return np.where(above, z, layer.default_value), above.astype(np.float64)


def _between(z: Floats, low: float, high: float) -> Floats:
    """1 where low < z <= high, else 0."""
    return ((z > low) & (z <= high)).astype(np.float64)
