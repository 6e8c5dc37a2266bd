"""The dense layer as a torch module."""

from __future__ import annotations

from torch.nn.utils import skip_init

from nnspec.backends.torch.rules import Built, Place, rule
from nnspec.backends.torch.sparse_input_linear import Linear
from nnspec.components.layers.dense import Dense
from nnspec.graph.ir import Node


@rule.register(Dense)
def dense(layer: Dense, node: Node) -> Built:
    """y = x W' + b, with W (units, in)."""
    columns = node.input_shapes[0][0]
    module = skip_init(Linear, columns, layer.units, bias=layer.use_bias)
    return Built(module, {"kernel": Place("weight", (1, 0)), "bias": Place("bias")})
