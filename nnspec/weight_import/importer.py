"""Weights of a file in the network of a spec, and the run folder that is made of both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Weights
from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, quoted
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.summary import summarise
from nnspec.randomness.initial_weights import initial_weight
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.training.data_shapes import with_data_shapes
from nnspec.training.memory_check import MemoryNeed, check_memory
from nnspec.weight_import.candidates import find_candidates
from nnspec.weight_import.files import open_source
from nnspec.weight_import.layouts import FileLayout
from nnspec.weight_import.pairing import pair
from nnspec.weight_import.run_files import FileOfWeights, write_run
from nnspec.weight_import.source import SourceWeight

_COPIES = 2  # of all weights: in the layout of the file, and in the canonical one
_CHUNK = 1 << 20  # bytes
_BFLOAT16 = np.dtype("V2")  # how h5py reads it


class PairedLayer(NamedTuple):
    """A layer of the network and the layer of the file whose weights it has got."""

    layer: str
    source: str


class ImportReport(NamedTuple):
    """A run of imported weights: which layers have got them, and what proves the pairs."""

    run: Path
    file: FileOfWeights
    parameters: dict[str, int]
    proof: str
    layers: tuple[PairedLayer, ...]
    initial: tuple[str, ...]  # layers that keep their initial weights
    unused: tuple[str, ...]  # layers of the file
    weights_sha256: str

    def plain(self) -> dict[str, Any]:
        """What `weights import --json` prints."""
        return {
            "run": str(self.run),
            **self.file.plain(),
            "parameters": self.parameters,
            "proof": self.proof,
            "layers": [one._asdict() for one in self.layers],
            "initial": list(self.initial),
            "unused": list(self.unused),
            "weights_sha256": self.weights_sha256,
            "status": "imported",
        }


class _Found(NamedTuple):
    """The weights of a network, and where they are from."""

    weights: Weights
    framework: str
    proof: str
    layers: tuple[PairedLayer, ...]
    initial: tuple[str, ...]
    unused: tuple[str, ...]


def import_weights(path: Path, spec: Spec, out: Path, patterns: Sequence[str] = ()) -> ImportReport:
    """Make a run folder of a spec with the weights of a file of Keras or torch.

    Layers whose names match one of `patterns` keep their initial weights. Nothing is written unless
    all weights fit. Raises DataError where the file is damaged, a weight does not fit, or the file
    does not tell which of two layers a weight is of.
    """
    spec = with_data_shapes(spec)
    graph = compile_spec(spec)
    check_memory(spec, MemoryNeed.of(graph, _COPIES, 1, ComputeConfig().dtype.itemsize))
    found = _read(path, spec, graph, patterns)
    file = FileOfWeights(path.name, _sha256(path), found.framework)
    summary = summarise(graph)
    report = ImportReport(
        Path(), file, summary.counts(), found.proof, found.layers, found.initial, found.unused,
        weights_sha256(found.weights),
    )  # fmt: skip
    folder = write_run(spec, found.weights, file, out, report.plain())
    return report._replace(run=folder)


def _read(path: Path, spec: Spec, graph: Graph, patterns: Sequence[str]) -> _Found:
    """The weights of a network in the graph's order; those of excepted layers are initial ones."""
    with open_source(path) as source:
        candidates = find_candidates(source, spec, graph, patterns)
        pairing = pair(source, graph, candidates)
        initial = {node.name for node in candidates.initial}
        pairs = [(layer, node) for layer, node in pairing.layers if node.name not in initial]
        read = {
            layouts[name].weight: _canonical(weight, layouts[name])
            for layer, node in pairs
            for layouts in (candidates.layouts[node.name],)
            for name, weight in layer.weights.items()
        }
    weights = {
        name: read[name] if name in read else _initial(spec, name, weight)
        for name, weight in graph.weights()
    }
    return _Found(
        weights, source.framework, pairing.proof,
        tuple(PairedLayer(node.name, layer.name) for layer, node in pairs),
        tuple(node.name for node in candidates.initial),
        tuple(layer.name for layer in candidates.unused),
    )  # fmt: skip


def _initial(spec: Spec, name: str, weight: Any) -> Array:
    return initial_weight(weight, spec.train.seed, name).astype(np.float32)


def _canonical(weight: SourceWeight, layout: FileLayout) -> Array:
    """A weight in the canonical layout, in float64 where the file has that, else in float32."""
    array = _floats(weight.read(), weight.path)
    if not np.isfinite(array).all():
        raise DataError(f"{quoted(weight.path)} of the file holds a value that is no number")
    return layout.canonical(array)


def _floats(array: Array, path: str) -> Array:
    """Numbers as float32 or float64; a DataError where float32 does not hold them."""
    if array.dtype == _BFLOAT16:
        array = (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if array.dtype.kind not in "fiu":
        raise DataError(f"{quoted(path)} of the file holds {array.dtype}, which is no number")
    if array.dtype == np.float64:
        return array
    return array.astype(np.float32)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
