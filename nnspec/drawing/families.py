"""Families of layers, which have a colour each."""

from __future__ import annotations

from nnspec.drawing.diagram import Box
from nnspec.options import registry

# Okabe and Ito's colours, which those tell apart who see fewer: https://jfly.uni-koeln.de/color/
COLORS = {
    "input": "#7f7f7f",
    "group": "#56b4e9",
    "convolution": "#0072b2",
    "dense": "#d55e00",
    "pooling": "#009e73",
    "normalization": "#e69f00",
    "activation": "#cc79a7",
    "other": "#b3b3b3",
}
_MODULES = {
    "convolution": "convolution", "depthwise_convolution": "convolution",
    "transposed_convolution": "convolution", "dense": "dense", "embedding": "dense",
    "pooling": "pooling", "global_pooling": "pooling", "adaptive_pooling": "pooling",
    "normalization": "normalization", "scale_normalization": "normalization",
    "activations": "activation", "axis_activations": "activation",
    "piecewise_activations": "activation", "smooth_activations": "activation",
}  # fmt: skip


def family(box: Box) -> str:
    """The family of a box's layer, by the module of its class."""
    if not box.kind:
        return "group" if box.layers else "input"
    cls = registry.find("layer", box.kind)
    return _MODULES.get(cls.__module__.rpartition(".")[2], "other") if cls else "other"
