"""Rules for dense layers and layers that only change the shape."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from nnspec.backends.torch.rules import Built, Place, rule
from nnspec.backends.torch.used import Linear
from nnspec.graph import Node
from nnspec.layers.core import Dense
from nnspec.layers.reshape import Flatten, Reshape


@rule.register(Dense)
def dense(layer: Dense, node: Node) -> Built:
    """y = x W' + b, with W (units, in)."""
    columns = node.input_shapes[0][0]
    module = skip_init(Linear, columns, layer.units, bias=layer.use_bias)
    return Built(module, {"kernel": Place("weight", (1, 0)), "bias": Place("bias")})


@rule.register(Flatten, Reshape)
def reshape(_: Flatten | Reshape, node: Node) -> Built:
    """The same numbers, in row-major channels-last order, under another shape."""
    return Built(Shaped(node.shape))


class Shaped(nn.Module):
    """Gives rows a shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(map(int, shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.reshape(x, (len(x), *self.shape))

    def extra_repr(self) -> str:
        return str(self.shape)
