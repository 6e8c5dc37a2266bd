"""Layers of Keras 3's files of weights: `layers/<class>_<number>/vars/<number of the weight>`.

Layers of a class are numbered in the order of `model.layers`, in which each stands after those
that it reads. A model within a model has `layers` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from nnspec.errors import DataError
from nnspec.weight_import import hdf5
from nnspec.weight_import.layer_order import LayerPath, path_of, path_text
from nnspec.weight_import.source import SourceLayer, SourceWeight

_MAX_DEPTH = 20  # of models within models
_WITHOUT_LAYERS = "seed_generator"  # the state of random numbers


def is_store(file: Any) -> bool:
    """Whether an HDF5 file has this layout."""
    return "layers" in file or "vars" in file


def store_layers(file: Any, name: str) -> list[SourceLayer]:
    """The layers with weights, in the order of their places."""
    with hdf5.damage_as_data_error(name):
        if "layers" not in file:
            raise DataError(
                f"{name} has no layers", "it is a layer's file, or a subclassed model's"
            )
        found = list(_layers(hdf5.child(file, "layers"), (), set()))
    return sorted(found, key=lambda layer: [(one.stem, one.number) for one in layer.path])


def _layers(group: Any, path: LayerPath, seen: set[int]) -> Iterator[SourceLayer]:
    """The layers in a group `layers`."""
    for name in group:
        yield from _parts(hdf5.child(group, name), (*path, *path_of(name)), seen)


def _parts(layer: Any, path: LayerPath, seen: set[int]) -> Iterator[SourceLayer]:
    """A layer, if it has weights, and those of models or layers within it."""
    if not hdf5.is_group(layer):
        raise DataError(f"{layer.name} is no layer")
    if len(path) > _MAX_DEPTH or hdf5.address(layer) in seen:
        raise DataError(f"{layer.name} lies too deep, or in itself")
    seen.add(hdf5.address(layer))
    for part in layer:
        item = hdf5.child(layer, part)
        if part == "vars":
            yield from _layer(item, path)
        elif part == "layers":
            yield from _layers(item, path, seen)
        elif hdf5.is_group(item) and part != _WITHOUT_LAYERS:
            yield from _parts(item, (*path, *path_of(part)), seen)


def _layer(variables: Any, path: LayerPath) -> Iterator[SourceLayer]:
    """The layer of a group `vars`, if it has weights."""
    weights = {name: _weight(hdf5.child(variables, name)) for name in sorted(variables, key=_order)}
    if weights:
        name = str(variables.attrs.get("name", "")) or path_text(path)
        yield SourceLayer(name, path[-1].stem.replace("_", ""), path, weights)


def _weight(dataset: Any) -> SourceWeight:
    if not hdf5.is_dataset(dataset):
        raise DataError(f"{dataset.name} is no weight")
    hdf5.check_dataset(dataset)
    path = dataset.name.lstrip("/")
    return SourceWeight(path, tuple(dataset.shape), partial(hdf5.read, dataset, path))


def _order(name: str) -> tuple[int, str]:
    return (len(name), name)
