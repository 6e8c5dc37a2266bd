"""The rule of a layer that is a function of single numbers, made of the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.base import Layer
from nnspec.graph.ir import Node

Function = Callable[[Any, Tensor], Tensor]


class Elementwise(nn.Module):
    """y = function(layer, x), shown by the name of the layer's class and its options."""

    def __init__(self, layer: Layer, function: Function) -> None:
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.layer, x)

    def _get_name(self) -> str:
        return type(self.layer).__name__

    def extra_repr(self) -> str:
        options = self.layer.options().items()
        return ", ".join(f"{name}={value}" for name, value in options if value is not None)


def elementwise(function: Function) -> Callable[[Any, Node], LayerModule]:
    """The rule of a layer whose y `function(layer, x)` gives; torch differentiates it."""

    @wraps(function)
    def rule(layer: Any, node: Node) -> LayerModule:
        return LayerModule(Elementwise(layer, function))

    return rule
