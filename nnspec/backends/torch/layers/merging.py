"""Layers that merge values, as torch modules; axes of size 1 are repeated by broadcasting.

Each adds, multiplies or compares its inputs from the first to the last.
"""

from __future__ import annotations

from functools import reduce
from operator import add as plus
from operator import mul
from string import ascii_lowercase

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers import merging as layers
from nnspec.graph.ir import Node
from nnspec.options.types import Shape

MIN_SQUARE = 1e-12  # of a length by which `dot` divides


def add(_: layers.Add, node: Node) -> LayerModule:
    """y = x_1 + x_2 + ..."""
    return LayerModule(Add())


def subtract(_: layers.Subtract, node: Node) -> LayerModule:
    """y = x_1 - x_2."""
    return LayerModule(Subtract())


def multiply(_: layers.Multiply, node: Node) -> LayerModule:
    """y = x_1 x_2 ..."""
    return LayerModule(Multiply())


def average(_: layers.Average, node: Node) -> LayerModule:
    """y = (x_1 + x_2 + ... + x_n) / n."""
    return LayerModule(Average())


def maximum(_: layers.Maximum, node: Node) -> LayerModule:
    """y = max(x_1, x_2, ...)."""
    return LayerModule(Maximum())


def minimum(_: layers.Minimum, node: Node) -> LayerModule:
    """y = min(x_1, x_2, ...)."""
    return LayerModule(Minimum())


def concatenate(layer: layers.Concatenate, node: Node) -> LayerModule:
    """The inputs one after the other along `axis`, which is counted from the end."""
    return LayerModule(Concatenate(layer.axis))


def dot(layer: layers.Dot, node: Node) -> LayerModule:
    """y_ab = sum_k x_ka z_kb, over an axis of each, which is counted from the end."""
    return LayerModule(Dot(layer, node))


class Add(nn.Module):
    """Sum of the inputs."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return reduce(plus, inputs)


class Subtract(nn.Module):
    """Difference of two inputs."""

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return x - z


class Multiply(nn.Module):
    """Product of the inputs, element by element."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return reduce(mul, inputs)


class Average(nn.Module):
    """Sum of the inputs divided by their number."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return reduce(plus, inputs) / len(inputs)


class Maximum(nn.Module):
    """Largest of the inputs; the first of equal ones gets the gradient, which torch divides."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return reduce(lambda a, b: torch.where(b > a, b, a), inputs)


class Minimum(nn.Module):
    """Smallest of the inputs; the first of equal ones gets the gradient, which torch divides."""

    def forward(self, *inputs: Tensor) -> Tensor:
        return reduce(lambda a, b: torch.where(b < a, b, a), inputs)


class Concatenate(nn.Module):
    """The inputs one after the other along an axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Dot(nn.Module):
    """Product of two inputs of each row, summed over an axis of each; (rows, 1) of vectors.

    With `normalize` both are divided by their lengths along the axes first.
    """

    def __init__(self, layer: layers.Dot, node: Node) -> None:
        super().__init__()
        self.axes, self.normalize = layer.axes, layer.normalize
        self.shape = node.shape
        self.equation = _equation(node.input_shapes, layer.axes)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        if self.normalize:
            x, z = (_unit(each, axis) for each, axis in zip((x, z), self.axes, strict=True))
        return torch.einsum(self.equation, x, z).reshape(len(x), *self.shape)

    def extra_repr(self) -> str:
        return f"axes={self.axes}, normalize={self.normalize}"


def _equation(shapes: tuple[Shape, ...], axes: tuple[int, int]) -> str:
    """The product as einsum writes it, such as `abc,acd->abd`: a for rows, then the axes."""
    letters = iter(ascii_lowercase[1:])
    x, z = ([next(letters) for _ in shape] for shape in shapes)
    z[axes[1]] = x[axes[0]]
    rest = [letter for letter in [*x, *z] if letter != x[axes[0]]]
    return f"a{''.join(x)},a{''.join(z)}->a{''.join(rest)}"


def _unit(x: Tensor, axis: int) -> Tensor:
    """x / sqrt(max(sum x^2, 1e-12))."""
    return x / (x * x).sum(axis, keepdim=True).clamp_min(MIN_SQUARE).sqrt()
