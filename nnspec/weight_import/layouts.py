"""What the weights of a layer are called in a file, their shapes there, and their layouts."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.graph.ir import Graph, Node
from nnspec.options.types import Shape

_TORCH_NAMES = {
    "kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "scale": "weight",
    "alpha": "weight", "embeddings": "weight",
    "moving_mean": "running_mean", "moving_variance": "running_var",
}  # fmt: skip
# Layers whose outputs stand where their inputs do, and whose weights are one for each of a row.
_PER_NUMBER = ("batch_normalization", "layer_normalization", "rms_normalization", "prelu")


class FileLayout(NamedTuple):
    """A weight of a network as a file has it: its shape there, and the way to the canonical one.

    The canonical weight is the file's array in the shape `reshaped`, its axes in the order `axes`,
    in the shape `shape`.
    """

    weight: str  # the full name in the network
    shape: Shape
    in_file: Shape
    reshaped: Shape = ()
    axes: tuple[int, ...] = ()

    def canonical(self, array: Array) -> Array:
        """An array of the file in the canonical layout."""
        array = array.reshape(self.reshaped or self.in_file)
        if self.axes:
            array = array.transpose(self.axes)
        return np.ascontiguousarray(array).reshape(self.shape)


Layouts = Mapping[str, FileLayout]  # by the weight's name in the file


def keras_layouts(_: Graph, node: Node) -> Layouts:
    """Weights as Keras' files have them: numbered, in the canonical layout."""
    return {
        str(number): FileLayout(node.weight_name(name), shape, shape)
        for number, (name, shape) in enumerate(node.weight_shapes.items())
    }


def torch_layouts(graph: Graph, node: Node) -> Layouts:
    """Weights as a module of torch names them and lays them out; empty where torch has no such."""
    if not node.weights.keys() <= _TORCH_NAMES.keys():
        return {}
    image = _flattened_image(graph, node)
    made = {}
    for name, shape in node.weight_shapes.items():
        layout = _torch_layout(node, name, shape, image)
        made["" if node.kind == "layer_scale" else _TORCH_NAMES[name]] = layout
    return made


def _torch_layout(node: Node, name: str, shape: Shape, image: Shape) -> FileLayout:
    full = node.weight_name(name)
    if name == "kernel":
        return _kernel(node, full, shape, image)
    if not image or node.kind not in _PER_NUMBER:
        in_file = shape if name == "embeddings" else (prod(shape),)
        return FileLayout(full, shape, in_file)
    return FileLayout(full, shape, shape, _channels_first(image), _channels_last_axes(image))


def _kernel(node: Node, full: str, shape: Shape, image: Shape) -> FileLayout:
    """A kernel, whose last two axes are torch's first ones, in the other order."""
    if node.kind.startswith("depthwise"):
        window = (*shape[:-2], 1, prod(shape[-2:]))
    elif image:  # (height, width, channels, units), and (units, channels, height, width) in torch
        units, axes = shape[-1], tuple(1 + axis for axis in _channels_last_axes(image))
        reshaped = (units, *_channels_first(image))
        return FileLayout(full, shape, (units, shape[0]), reshaped, (*axes, 0))
    else:
        window = shape
    rank = len(window) - 2
    in_file = (window[-1], window[-2], *window[:-2])
    return FileLayout(full, shape, in_file, in_file, (*range(2, rank + 2), 1, 0))


def _channels_first(image: Shape) -> Shape:
    """The shape of an image (height, width, channels) as torch has it."""
    return (image[-1], *image[:-1])


def _channels_last_axes(image: Shape) -> tuple[int, ...]:
    """The order of axes that puts the channels of such an array last."""
    return (*range(1, len(image)), 0)


def _flattened_image(graph: Graph, node: Node) -> Shape:
    """The shape of the image whose numbers, flattened, a layer reads; empty where it reads none.

    Torch flattens the channels first, nnspec last: (channels, height, width).
    """
    if len(node.input_shapes[0]) != 1:
        return ()
    before = graph.by_name.get(node.inputs[0])
    while before is not None:
        if before.layer.identity and len(before.input_shapes[0]) > 1:
            return before.input_shapes[0]
        if not _keeps_places(before):
            return ()
        before = graph.by_name.get(before.inputs[0])
    return ()


def _keeps_places(node: Node) -> bool:
    """Whether each number of a row stays where it is."""
    same = len(node.inputs) == 1 and node.shape == node.input_shapes[0]
    moves_none = node.layer.elementwise or node.layer.identity or node.kind in _PER_NUMBER
    return same and (moves_none or node.kind == "dropout")
