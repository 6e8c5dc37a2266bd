"""Weights read from safetensors files and validated; the SHA-256 of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Weights
from nnspec.errors import RunError, visible
from nnspec.graph.ir import Graph
from nnspec.runs import atomic_files


def weights_sha256(weights: Mapping[str, Array]) -> str:
    """SHA-256 of all weights: names, shapes and little-endian values, in the graph's order."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(f"{name}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def all_finite(weights: Weights) -> bool:
    """Whether all weights are floating-point numbers, and finite."""
    return all(a.dtype.kind == "f" and np.isfinite(a).all() for a in weights.values())


def read_tensors(path: Path) -> Weights:
    """The arrays of a safetensors file; a RunError if it is missing or damaged."""
    try:
        return load_tensors(atomic_files.read_file(path))
    except (SafetensorError, ValueError, KeyError):
        raise RunError(f"{visible(str(path))} is damaged: it is no safetensors file") from None


def validate_weights(graph: Graph, tensors: Weights, path: Path) -> Weights:
    """The tensors in the graph's order; a RunError unless names and shapes match its weights."""
    shapes = {name: weight.shape for name, weight in graph.weights()}
    if {name: array.shape for name, array in tensors.items()} != shapes:
        raise RunError(f"{visible(str(path))} has not the weights of the network in spec.yaml")
    if not all_finite(tensors):
        raise RunError(f"{visible(str(path))} is damaged: a weight is no number")
    return {name: tensors[name] for name in shapes}


def strip_prefix(tensors: Weights, prefix: str) -> Weights:
    """The tensors whose names start with `prefix`, under the rest of their names."""
    return {
        name[len(prefix) :]: array for name, array in tensors.items() if name.startswith(prefix)
    }
