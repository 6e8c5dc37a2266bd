"""What the filters of a trained network find in an image: the feature maps of each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.analysis.activations import output, upto
from nnspec.backends.contract import Array, Weights
from nnspec.errors import Document, NnspecError, Problem, RunError, SourceSpan, did_you_mean, quoted
from nnspec.graph.ir import Graph, Node
from nnspec.options.shapes import format_shape
from nnspec.runs.trained import TrainedRun

_IMAGE, _KERNEL = 3, 4  # axes of an image with its channels, and of its filters


class FeatureMaps(NamedTuple):
    """A layer's maps (height, width, maps), and its filters (height, width, channels, filters).

    A layer that learns no filters has None.
    """

    layer: str
    kind: str
    maps: Array
    filters: Array | None

    @property
    def silent(self) -> int:
        """How many maps are 0 everywhere."""
        return int((~self.maps.any(axis=(0, 1))).sum())


def feature_maps(
    finished: TrainedRun, raw: Array, layer: str | None = None
) -> tuple[Array, list[FeatureMaps]]:
    """The prepared image of the one row in `raw`, and the features of one layer or of all.

    Raises NnspecError where the network has no convolution or no such layer.
    """
    graph = finished.graph
    ends = {node.origin: node for node in graph.nodes}  # the last node of each layer
    names = _named(layer, ends) if layer else _drawable(graph, ends)
    inputs = finished.prepared(raw)
    weights = finished.program.weights()
    return inputs[0], [
        FeatureMaps(
            name,
            next(node for node in graph.nodes if node.origin == name).kind,
            output(upto(graph, ends[name].name), weights, inputs, finished.compute)[0],
            next(_filters(graph, name, weights), None),
        )
        for name in names
    ]


def _drawable(graph: Graph, ends: dict[str, Node]) -> list[str]:
    """The layers that give images, in a network that has a convolution."""
    if not any(len(w.shape) == _KERNEL for node in graph.nodes for w in node.weights.values()):
        raise RunError("the network has no convolution, so there are no feature maps")
    return [name for name, node in ends.items() if len(node.shape) == _IMAGE]


def _named(layer: str, ends: dict[str, Node]) -> Sequence[str]:
    if layer not in ends:
        place = SourceSpan(Document("command line", layer), 0, 0, len(layer))
        hint = did_you_mean(layer, list(ends))
        raise NnspecError(Problem(f"the network has no layer {quoted(layer)}", place, hint))
    if len(ends[layer].shape) != _IMAGE:
        raise NnspecError(f"{layer} gives {format_shape(ends[layer].shape)}, which is no image")
    return [layer]


def _filters(graph: Graph, layer: str, weights: Weights) -> Iterator[Array]:
    """The kernels of a layer's convolutions, the first one first."""
    for node in graph.nodes:
        for name, weight in node.weights.items():
            if node.origin == layer and len(weight.shape) == _KERNEL:
                yield weights[f"{node.name}/{name}"]


def mosaic(tiles: Array, columns: int) -> Array:
    """Tiles (n, height, width) in rows of `columns`, NaN between them and where none is left."""
    count, height, width = tiles.shape
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + 1, width + 1), np.nan)
    cells[:count, :-1, :-1] = tiles
    grid = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]
