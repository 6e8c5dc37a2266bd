"""Weights and optimizer state in safetensors files; the SHA-256 of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from nnspec.backends.contract import Array, Weights
from nnspec.errors import RunError, visible
from nnspec.graph.ir import Graph
from nnspec.runs import atomic_files

STEP = "step"  # in a checkpoint's own entries, which no weight can be called


def weights_sha256(weights: Mapping[str, Array]) -> str:
    """SHA-256 of all weights: names, shapes and little-endian values, in the graph's order."""
    total = hashlib.sha256()
    for name, array in weights.items():
        total.update(f"{name}{array.shape}".encode())
        total.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return total.hexdigest()


def all_finite(weights: Weights) -> bool:
    """Whether all weights are floating-point numbers, and finite."""
    return all(a.dtype.kind == "f" and np.isfinite(a).all() for a in weights.values())


def read_tensors(path: Path) -> Weights:
    """The arrays of a safetensors file; a RunError where it is missing or damaged."""
    try:
        return load_tensors(atomic_files.read_file(path))
    except (SafetensorError, ValueError, KeyError):
        raise RunError(f"{visible(str(path))} is damaged: it is no safetensors file") from None


def weights_of(graph: Graph, found: Weights, path: Path) -> Weights:
    """The weights that `path` holds, in the graph's order, once they are known to be its own."""
    wanted = {name: weight.shape for name, weight in graph.weights()}
    if {name: array.shape for name, array in found.items()} != wanted:
        raise RunError(f"{visible(str(path))} has not the weights of the network in spec.yaml")
    if not all_finite(found):
        raise RunError(f"{visible(str(path))} is damaged: a weight is no number")
    return {name: found[name] for name in wanted}


def with_prefix(tensors: Weights, prefix: str) -> Weights:
    """The arrays whose names start with `prefix`, by the rest of their names."""
    return {
        name[len(prefix) :]: array for name, array in tensors.items() if name.startswith(prefix)
    }
