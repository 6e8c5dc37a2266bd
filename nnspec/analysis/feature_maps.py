"""Feature maps and filters of the layers of a trained network, for one image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.analysis.activations import activations
from nnspec.backends.arrays import Array, Values, named
from nnspec.backends.contract import Weights
from nnspec.errors import (
    NnspecError,
    Problem,
    RunError,
    SourceSpan,
    argument_place,
    did_you_mean,
    quoted,
)
from nnspec.graph.ir import Graph, Node
from nnspec.options.shapes import format_shape
from nnspec.runs.trained import TrainedRun

_IMAGE, _KERNEL = 3, 4  # axes of an image with channels, and of a convolution's kernel


class FeatureMaps(NamedTuple):
    """One layer's output (height, width, maps) and kernel (height, width, channels, filters).

    `filters` is None for a layer without a kernel, such as pooling.
    """

    layer: str
    kind: str
    maps: Array
    filters: Array | None

    @property
    def silent(self) -> int:
        """Number of maps that are 0 everywhere."""
        return int((~self.maps.any(axis=(0, 1))).sum())


def feature_maps(
    run: TrainedRun, raw: Values, layer: str | None = None
) -> tuple[dict[str, Array], list[FeatureMaps]]:
    """The prepared images of the only row in `raw`, and the feature maps of one layer or of all.

    The images are the inputs with the shape of one. Raises NnspecError if the network has no
    convolution or no such layer.
    """
    graph = run.graph
    firsts = {_name(node): node for node in reversed(graph.nodes)}
    lasts = {_name(node): node for node in graph.nodes}  # of each layer
    where = run.spec.locate_key("network")
    names = _checked_layer(layer, lasts) if layer else _image_layers(graph, lasts, where)
    inputs = named(run.prepared(raw), graph.inputs)
    weights = run.program.weights()
    wanted = [lasts[name].name for name in names]
    values = activations(graph, weights, inputs, run.compute, wanted)
    return {name: array[0] for name, array in inputs.items() if array.ndim == _IMAGE + 1}, [
        FeatureMaps(
            name,
            firsts[name].kind,
            values[lasts[name].name][0],
            next(_filters(graph, name, weights), None),
        )
        for name in names
    ]


def _name(node: Node) -> str:
    """The name of a node's layer, as it is written where it is read."""
    return node.origin.replace("/", ".")


def _image_layers(graph: Graph, last_nodes: dict[str, Node], where: SourceSpan | None) -> list[str]:
    """Names of the layers whose output is an image; RunError without any convolution."""
    if not any(len(w.shape) == _KERNEL for node in graph.nodes for w in node.weights.values()):
        message = "the network has no convolution, so there are no feature maps"
        raise RunError(Problem(message, where))
    return [name for name, node in last_nodes.items() if len(node.shape) == _IMAGE]


def _checked_layer(layer: str, last_nodes: dict[str, Node]) -> Sequence[str]:
    """The layer's name, if there is such a layer and its output is an image."""
    known = list(last_nodes)
    if layer not in known:
        message, hint = f"the network has no layer {quoted(layer)}", did_you_mean(layer, known)
        raise NnspecError(Problem(message, argument_place(layer, "--layer"), hint))
    shape = last_nodes[layer].shape
    if len(shape) != _IMAGE:
        message = f"{layer} gives {format_shape(shape)}, which is no image"
        raise NnspecError(Problem(message, argument_place(layer, "--layer")))
    return [layer]


def _filters(graph: Graph, layer: str, weights: Weights) -> Iterator[Array]:
    """Kernels of a layer's convolutions, in graph order."""
    for node in graph.nodes:
        for name, weight in node.weights.items():
            if _name(node) == layer and len(weight.shape) == _KERNEL:
                yield weights[node.weight_name(name)]


def mosaic(tiles: Array, columns: int) -> Array:
    """Tiles (n, height, width) as one image, `columns` tiles a row, separated by NaN."""
    count, height, width = tiles.shape
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + 1, width + 1), np.nan)
    cells[:count, :-1, :-1] = tiles
    grid = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]
