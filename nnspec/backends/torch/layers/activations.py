"""Activation layers as torch modules. The derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.backends.torch.layers.elementwise import elementwise
from nnspec.components.layers import activations as layers
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


def linear(_: layers.Linear, node: Node) -> LayerModule:
    """y = x."""
    return LayerModule(nn.Identity())


def sigmoid(_: layers.Sigmoid, node: Node) -> LayerModule:
    """y = 1 / (1 + e^-x)."""
    return LayerModule(nn.Sigmoid())


def tanh(_: layers.Tanh, node: Node) -> LayerModule:
    """y = tanh x."""
    return LayerModule(nn.Tanh())


def relu(layer: layers.ReLU, node: Node) -> LayerModule:
    """y = max(x, 0), of which torch's own derivative at 0 is 0; or by the layer's options."""
    return LayerModule(nn.ReLU()) if layer.is_plain else _relu_of_pieces(layer, node)


@elementwise
def _relu_of_pieces(layer: layers.ReLU, x: Tensor) -> Tensor:
    """y = min(x, max_value) where x > threshold, else slope (x - threshold)."""
    t, slope, high = layer.threshold, layer.negative_slope, layer.max_value
    above = x if high is None else torch.where(x > high, high, x)
    return torch.where(x <= t, slope * (x - t) if slope else 0.0, above)


def gelu(layer: layers.GELU, node: Node) -> LayerModule:
    """y = x Phi(x), or with `approximate` its approximation by tanh."""
    return LayerModule(nn.GELU("tanh" if layer.approximate else "none"))


def silu(_: layers.SiLU, node: Node) -> LayerModule:
    """y = x sigmoid(x)."""
    return LayerModule(nn.SiLU())


def leaky_relu(layer: layers.LeakyReLU, node: Node) -> LayerModule:
    """y = x where x > 0, else slope x; torch's own derivative at 0 is the slope."""
    return LayerModule(nn.LeakyReLU(layer.negative_slope))


def softmax(layer: layers.Softmax, node: Node) -> LayerModule:
    """y = e^(x - max) / sum e^(x - max) along `axis`, where axis 0 is the batch axis."""
    return LayerModule(nn.Softmax(layer.axis))


def heaviside(layer: layers.Heaviside, node: Node) -> LayerModule:
    """y = 1 where x > threshold, else 0."""
    return LayerModule(HeavisideModule(layer.threshold))


def prelu(_: layers.PReLU, node: Node) -> LayerModule:
    """y = x where x > 0, else alpha x."""
    return LayerModule(
        PReLUModule(node.weights["alpha"].shape), {"alpha": WeightLocation("weight")}
    )


class HeavisideModule(nn.Module):
    """Step function y = 1 where x > threshold, else 0; its gradient is 0 everywhere."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.sign(x - self.threshold))

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}"


class PReLUModule(nn.Module):
    """`nn.PReLU` with a slope for each element of a row; axes of size 1 are shared."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, self.weight * x)

    def extra_repr(self) -> str:
        return str(tuple(self.weight.shape))
