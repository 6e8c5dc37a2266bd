"""A network in a file of weights: its layers, their order, and what may be known of its graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.options.types import Shape
from nnspec.weight_import.layer_order import LayerPath
from nnspec.weight_import.structure import Operation

BFLOAT16 = np.dtype("V2")  # which NumPy has not: the upper halves of float32, as h5py reads them


class SourceWeight(NamedTuple):
    """A weight in a file: its path there, its shape, and a function that reads its numbers.

    The numbers may be of the type BFLOAT16.
    """

    path: str
    shape: Shape
    read: Callable[[], Array]


class SourceLayer(NamedTuple):
    """A layer with weights in a file: what it is called, its kind, and its path in the file.

    The kind is written without underscores; it is empty where the file does not say it. Weights
    have the names of the file's format: numbers in Keras' files, `weight` and the like in torch's.
    """

    name: str
    kind: str
    path: LayerPath
    weights: Mapping[str, SourceWeight]


class SourceNetwork(NamedTuple):
    """The layers of a file; their graph where it is written there; what the file is of."""

    path: Path
    framework: str  # `keras` or `torch`
    layers: tuple[SourceLayer, ...]
    operations: tuple[Operation, ...] = ()  # of the graph, by the names of the layers
