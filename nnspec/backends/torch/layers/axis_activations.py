"""Activations along an axis, as torch modules; axis 0 is that of the rows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.axis_activations import GLU, LogSoftmax, Sparsemax
from nnspec.graph.ir import Node


def log_softmax(layer: LogSoftmax, node: Node) -> LayerModule:
    """y = x - ln(sum e^x) along `axis`."""
    return LayerModule(nn.LogSoftmax(layer.axis))


def sparsemax(layer: Sparsemax, node: Node) -> LayerModule:
    """y = max(x - tau, 0) along `axis`."""
    return LayerModule(SparsemaxModule(layer.axis))


def glu(layer: GLU, node: Node) -> LayerModule:
    """y = a sigmoid(b), of the halves of x along `axis`."""
    return LayerModule(nn.GLU(layer.axis))


class SparsemaxModule(nn.Module):
    """y = max(x - tau, 0), with the tau for which y sums to 1 along an axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        sums = x.detach().sort(self.axis, descending=True).values.cumsum(self.axis) - 1
        counts = torch.arange(1, x.shape[self.axis] + 1, device=x.device, dtype=x.dtype)
        shape = [1] * x.ndim
        shape[self.axis] = -1
        support = x > (sums / counts.reshape(shape)).amax(self.axis, keepdim=True)
        size = support.sum(self.axis, keepdim=True)
        tau = ((x * support).sum(self.axis, keepdim=True) - 1) / size
        return (x - tau) * support

    def extra_repr(self) -> str:
        return f"axis={self.axis}"
