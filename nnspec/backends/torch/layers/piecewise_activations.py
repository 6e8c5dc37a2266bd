"""Activations of pieces, as torch modules.

Torch's own differ at a kink: the derivative here is that of the piece on its left. NaN gives NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnspec.backends.torch.layers.elementwise import elementwise
from nnspec.components.layers import piecewise_activations as layers


@elementwise
def relu6(_: layers.ReLU6, x: Tensor) -> Tensor:
    """y = min(max(x, 0), 6)."""
    return _clipped(x, 0, 6)


@elementwise
def hard_sigmoid(_: layers.HardSigmoid, x: Tensor) -> Tensor:
    """y = min(max(x + 3, 0), 6) / 6."""
    return (_clipped(x, -3, 3) + 3) / 6


@elementwise
def hard_tanh(_: layers.HardTanh, x: Tensor) -> Tensor:
    """y = min(max(x, -1), 1)."""
    return _clipped(x, -1, 1)


@elementwise
def sparse_sigmoid(_: layers.SparseSigmoid, x: Tensor) -> Tensor:
    """y = min(max((x + 1) / 2, 0), 1)."""
    return (_clipped(x, -1, 1) + 1) / 2


def _clipped(x: Tensor, low: float, high: float) -> Tensor:
    """min(max(x, low), high), with the derivative 1 where low < x <= high."""
    return torch.where(x <= low, low, torch.where(x > high, high, x))


@elementwise
def hard_silu(_: layers.HardSiLU, x: Tensor) -> Tensor:
    """y = 0 where x <= -3, x where x > 3, else x (x + 3) / 6."""
    return torch.where(x <= -3, 0.0, torch.where(x > 3, x, x * ((x + 3) / 6)))


@elementwise
def soft_shrink(layer: layers.SoftShrink, x: Tensor) -> Tensor:
    """y = x - t where x > t, x + t where x <= -t, else 0."""
    t = layer.threshold
    return torch.where(x > t, x - t, torch.where(x > -t, 0.0, x + t))


@elementwise
def hard_shrink(layer: layers.HardShrink, x: Tensor) -> Tensor:
    """y = x where |x| > threshold, else 0."""
    return torch.where(torch.abs(x) <= layer.threshold, 0.0, x)


@elementwise
def threshold(layer: layers.Threshold, x: Tensor) -> Tensor:
    """y = x where x > threshold, else default_value."""
    return torch.where(x <= layer.threshold, layer.default_value, x)


@elementwise
def sparse_plus(_: layers.SparsePlus, x: Tensor) -> Tensor:
    """y = 0 where x <= -1, x where x >= 1, else (x + 1)^2 / 4."""
    return torch.where(x <= -1, 0.0, torch.where(x >= 1, x, (x + 1) * (x + 1) / 4))
