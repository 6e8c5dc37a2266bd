"""Layers of a network by what they read and what reads them.

The signature of a layer is a hash of the shapes of its weights and of its output, of the signatures
of all layers from the inputs to it, and of those from it to the output. Layers with one input and
no weights are left out. Two networks with equal signatures are the same up to these, whatever their
layers are called and in whichever order they were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nnspec.graph.ir import Graph
from nnspec.options.types import Shape

_COMMUTATIVE = ("add", "multiply")


class Operation(NamedTuple):
    """A layer: name, kind, the layers that it reads, the shapes of its output and its weights."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: Shape
    weights: tuple[Shape, ...]

    @property
    def reads(self) -> list[tuple[int, str]]:
        """The layers that it reads, with the place of each where places differ."""
        alike = self.kind in _COMMUTATIVE
        return [(0 if alike else place, name) for place, name in enumerate(self.inputs)]


def signatures(operations: Iterable[Operation]) -> dict[str, list[str]]:
    """The names of the layers with weights, by their signatures.

    Each of the operations stands after those that it reads.
    """
    kept = _without_passing(operations)
    before = _signatures_before(kept)
    after = _signatures_after(kept, before)
    found: dict[str, list[str]] = {}
    for one in kept:
        if one.weights:
            found.setdefault(after[one.name], []).append(one.name)
    return found


def _without_passing(operations: Iterable[Operation]) -> list[Operation]:
    """The operations without those that have one input and no weights."""
    source: dict[str, str] = {}
    kept = []
    for one in operations:
        read = tuple(source[name] for name in one.inputs)
        source[one.name] = one.name
        if len(read) == 1 and not one.weights:
            source[one.name] = read[0]
        else:
            kept.append(one._replace(inputs=read, kind="" if one.weights else one.kind))
    return kept


def _signatures_before(operations: Sequence[Operation]) -> dict[str, str]:
    """A hash of each operation and of all before it."""
    known: dict[str, str] = {}
    for one in operations:
        read = sorted((place, known[name]) for place, name in one.reads)
        known[one.name] = _hash(one.kind, one.shape, one.weights, read)
    return known


def _signatures_after(operations: Sequence[Operation], before: Mapping[str, str]) -> dict[str, str]:
    """A hash of each operation, of all before it and of all after it."""
    readers: dict[str, list[tuple[int, str]]] = {one.name: [] for one in operations}
    known: dict[str, str] = {}
    for one in reversed(operations):
        known[one.name] = _hash(before[one.name], sorted(readers[one.name]))
        for place, name in one.reads:
            readers[name].append((place, known[one.name]))
    return known


def _hash(*values: Any) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


def graph_operations(graph: Graph) -> Iterator[Operation]:
    """The layers of a graph."""
    for name, spec in graph.inputs.items():
        yield Operation(name, "input", (), spec.shape, ())
    for node in graph.nodes:
        shapes = tuple(node.weight_shapes.values())
        yield Operation(node.name, node.kind, node.inputs, node.shape, shapes)
