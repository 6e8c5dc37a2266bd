"""Layers of a `state_dict` of torch in a safetensors file.

A layer is a module: what stands before the last dot of its tensors' names. The file has no order;
a path is made of the names alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from nnspec.backends.arrays import Array
from nnspec.errors import DataError, quoted, visible
from nnspec.weight_import.layer_order import natural
from nnspec.weight_import.source import BFLOAT16, SourceLayer, SourceNetwork, SourceWeight

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": BFLOAT16
}  # fmt: skip
_NOT_USED = "num_batches_tracked"  # a count of updates that no prediction reads
_OF_LAYERS = ("weight", "bias", "running_mean", "running_var")


def read_state_dict(path: Path) -> SourceNetwork:
    """The layers of a file; a DataError where it is damaged or has tensors of other types."""
    layers: dict[str, dict[str, SourceWeight]] = {}
    for name, weight in _weights(path):
        layer, _, tail = name.rpartition(".")
        if tail in _OF_LAYERS:
            layers.setdefault(layer, {})[tail] = weight
        else:
            layers[name] = {"": _without_unit_axes(weight)}  # a parameter of no layer
    made = (_layer(name, weights) for name, weights in layers.items())
    return SourceNetwork(path, "torch", tuple(sorted(made, key=_natural_order)))


def _layer(name: str, weights: dict[str, SourceWeight]) -> SourceLayer:
    return SourceLayer(name, "", tuple(map(natural, name.split("."))), weights)


def _without_unit_axes(weight: SourceWeight) -> SourceWeight:
    """A weight (channels, 1, 1) as one (channels); `read` gives as many numbers."""
    return weight._replace(shape=tuple(size for size in weight.shape if size > 1))


def _natural_order(layer: SourceLayer) -> list[tuple[str, list[tuple[bool, Any]]]]:
    """A key by which names are sorted with their numbers as numbers."""
    return [(one.stem, [(isinstance(x, str), x) for x in one.number]) for one in layer.path]


def _weights(path: Path) -> Iterator[tuple[str, SourceWeight]]:
    """The tensors of a file by their names, without those that no layer has."""
    try:
        with safe_open(str(path), framework="numpy") as file:  # it checks the header
            names = list(file.keys())
        with path.open("rb") as opened:
            start = 8 + int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(start - 8))
    except (SafetensorError, OSError, ValueError, RecursionError):
        raise DataError(f"{visible(str(path))} is damaged: it is no safetensors file") from None
    for name in names:
        if name.rpartition(".")[2] != _NOT_USED:
            yield name, _weight(path, name, header[name], start)


def _weight(path: Path, name: str, entry: Any, start: int) -> SourceWeight:
    dtype, shape = entry["dtype"], tuple(entry["shape"])
    if dtype not in _DTYPES:
        message = f"{quoted(name)} has numbers of type {dtype}"
        raise DataError(message, f"weights are {', '.join(_DTYPES)}: convert it before it is saved")
    return SourceWeight(name, shape, partial(_read, path, start + entry["data_offsets"][0], entry))


def _read(path: Path, start: int, entry: Any) -> Array:
    """The numbers of a tensor."""
    begin, end = entry["data_offsets"]
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(end - begin)
    return np.frombuffer(content, _DTYPES[entry["dtype"]]).reshape(entry["shape"])
