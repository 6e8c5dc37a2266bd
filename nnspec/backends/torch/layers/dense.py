"""Dense layer as a torch module."""

from __future__ import annotations

from torch.nn.utils import skip_init

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.backends.torch.sparse_input_linear import SparseInputLinear
from nnspec.components.layers.dense import Dense
from nnspec.graph.ir import Node


def dense(layer: Dense, node: Node) -> LayerModule:
    """y = x W' + b on the last axis, with W (units, in)."""
    inputs = node.input_shapes[0][-1]
    module = skip_init(SparseInputLinear, inputs, layer.units, bias=layer.use_bias)
    return LayerModule(
        module, {"kernel": WeightLocation("weight", (1, 0)), "bias": WeightLocation("bias")}
    )
