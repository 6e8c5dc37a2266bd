"""Embedding as a torch module."""

from __future__ import annotations

from torch import nn
from torch.nn.utils import skip_init

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.components.layers import embedding as layers
from nnspec.graph.ir import Node


def embedding(layer: layers.Embedding, node: Node) -> LayerModule:
    """y = E[x], with E (input_dim, output_dim)."""
    module = skip_init(nn.Embedding, layer.input_dim, layer.output_dim)
    return LayerModule(module, {"embeddings": WeightLocation("weight")})
