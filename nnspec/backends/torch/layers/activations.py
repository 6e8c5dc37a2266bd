"""Rules for activations. A derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.rules import Built, Place, rule
from nnspec.components.layers import activations as layers
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


@rule.register(layers.Linear)
def linear(_: layers.Linear, node: Node) -> Built:
    """y = x."""
    return Built(nn.Identity())


@rule.register(layers.Sigmoid)
def sigmoid(_: layers.Sigmoid, node: Node) -> Built:
    """y = 1 / (1 + e^-x)."""
    return Built(nn.Sigmoid())


@rule.register(layers.Tanh)
def tanh(_: layers.Tanh, node: Node) -> Built:
    """y = tanh x."""
    return Built(nn.Tanh())


@rule.register(layers.ReLU)
def relu(_: layers.ReLU, node: Node) -> Built:
    """y = max(x, 0); torch's own derivative at 0 is 0."""
    return Built(nn.ReLU())


@rule.register(layers.LeakyReLU)
def leaky_relu(layer: layers.LeakyReLU, node: Node) -> Built:
    """y = x where x > 0, else slope x; torch's own derivative at 0 is the slope."""
    return Built(nn.LeakyReLU(layer.negative_slope))


@rule.register(layers.Softmax)
def softmax(layer: layers.Softmax, node: Node) -> Built:
    """y = e^(x - max) / sum, along an axis that counts the rows as 0."""
    return Built(nn.Softmax(layer.axis))


@rule.register(layers.Heaviside)
def heaviside(layer: layers.Heaviside, node: Node) -> Built:
    """y = 1 where x > threshold, else 0."""
    return Built(Heaviside(layer.threshold))


@rule.register(layers.PReLU)
def prelu(_: layers.PReLU, node: Node) -> Built:
    """y = x where x > 0, else alpha x."""
    return Built(PReLU(node.weights["alpha"].shape), {"alpha": Place("weight")})


class Heaviside(nn.Module):
    """A step; its derivative is 0 everywhere, so what stands before it gets gradients of 0."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.sign(x - self.threshold))

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}"


class PReLU(nn.Module):
    """`nn.PReLU` with a slope for each element of a row; axes of size 1 share theirs."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, self.weight * x)

    def extra_repr(self) -> str:
        return str(tuple(self.weight.shape))
