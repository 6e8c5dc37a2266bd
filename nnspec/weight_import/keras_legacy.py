"""Layers of HDF5 files as Keras 2 wrote them, and Keras 3 still does: groups in a list of names.

The attribute `layer_names` has all layers in the order of `model.layers`; a layer's attribute
`weight_names` has its weights in Keras' order. A model within the model is one of the layers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from nnspec.errors import DataError, quoted
from nnspec.weight_import import hdf5
from nnspec.weight_import.layer_order import PathPart
from nnspec.weight_import.source import SourceLayer, SourceWeight

MODEL = "model_weights"  # the group of the weights in the file of a whole model


def is_legacy(file: Any) -> bool:
    """Whether an HDF5 file has this layout."""
    return MODEL in file or bool(hdf5.texts(file, "layer_names"))


def legacy_layers(file: Any, name: str) -> list[SourceLayer]:
    """The layers with weights, in their order."""
    with hdf5.damage_as_data_error(name):
        group = hdf5.child(file, MODEL) if MODEL in file else file
        found: dict[str, dict[str, SourceWeight]] = {}
        for layer in hdf5.texts(group, "layer_names"):
            for path in hdf5.texts(hdf5.child(group, layer), "weight_names"):
                owner = path.rpartition("/")[0] or layer
                weights = found.setdefault(f"{layer}/{owner}", {})
                weights[str(len(weights))] = _weight(hdf5.child(group, layer), path)
    return [
        SourceLayer(key.rpartition("/")[2], "", (PathPart("", (number,)),), weights)
        for number, (key, weights) in enumerate(found.items())
    ]


def _weight(group: Any, path: str) -> SourceWeight:
    """The weight of a path within the group of its layer."""
    item = group
    for part in filter(None, path.split("/")):
        if not hdf5.is_group(item) or part not in item:
            raise DataError(f"{quoted(group.name)} has no weight {quoted(path)}")
        item = hdf5.child(item, part)
    if not hdf5.is_dataset(item):
        raise DataError(f"{quoted(item.name)} is no weight")
    hdf5.check_dataset(item)
    name = item.name.lstrip("/")
    return SourceWeight(name, tuple(item.shape), partial(hdf5.read, item, name))
