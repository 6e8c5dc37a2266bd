"""Activations along an axis, as torch modules; axis 0 is that of the rows."""

from __future__ import annotations

from torch import nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.axis_activations import GLU, LogSoftmax
from nnspec.graph.ir import Node


def log_softmax(layer: LogSoftmax, node: Node) -> LayerModule:
    """y = x - ln(sum e^x) along `axis`."""
    return LayerModule(nn.LogSoftmax(layer.axis))


def glu(layer: GLU, node: Node) -> LayerModule:
    """y = a sigmoid(b), of the halves of x along `axis`."""
    return LayerModule(nn.GLU(layer.axis))
