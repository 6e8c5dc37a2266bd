"""Activations with exponentials, logarithms or square roots, as torch modules.

They are torch's own where these are exact: its softplus is linear above 20, and its celu computes
1 / alpha in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nnspec.backends.torch.layers.elementwise import elementwise
from nnspec.components.layers import smooth_activations as layers


@elementwise
def elu(layer: layers.ELU, x: Tensor) -> Tensor:
    """y = x where x > 0, else alpha (e^x - 1)."""
    return functional.elu(x, layer.alpha)


@elementwise
def selu(_: layers.SELU, x: Tensor) -> Tensor:
    """y = scale x where x > 0, else scale alpha (e^x - 1)."""
    return functional.selu(x)


@elementwise
def celu(layer: layers.CELU, x: Tensor) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)."""
    negative = torch.where(x > 0, 0.0, x)
    return torch.where(x > 0, x, torch.expm1(negative / layer.alpha) * layer.alpha)


@elementwise
def mish(_: layers.Mish, x: Tensor) -> Tensor:
    """y = x tanh(ln(1 + e^x))."""
    return functional.mish(x)


@elementwise
def softplus(_: layers.Softplus, x: Tensor) -> Tensor:
    """y = ln(1 + e^x)."""
    return torch.logaddexp(x, torch.zeros_like(x))


@elementwise
def log_sigmoid(_: layers.LogSigmoid, x: Tensor) -> Tensor:
    """y = -ln(1 + e^-x)."""
    return functional.logsigmoid(x)


@elementwise
def softsign(_: layers.Softsign, x: Tensor) -> Tensor:
    """y = x / (1 + |x|)."""
    return functional.softsign(x)


@elementwise
def exponential(_: layers.Exponential, x: Tensor) -> Tensor:
    """y = e^x."""
    return torch.exp(x)


@elementwise
def tanh_shrink(_: layers.TanhShrink, x: Tensor) -> Tensor:
    """y = x - tanh x."""
    return functional.tanhshrink(x)


@elementwise
def squareplus(layer: layers.Squareplus, x: Tensor) -> Tensor:
    """y = (x + sqrt(x^2 + b)) / 2."""
    return (x + torch.sqrt(x * x + layer.b)) / 2
