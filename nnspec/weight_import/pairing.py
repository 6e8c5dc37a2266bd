"""The layer of a network for each layer of a file, as far as the file proves it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from nnspec.errors import DataError, quoted
from nnspec.graph.ir import Graph, Node
from nnspec.weight_import.assignment import LayerGraph, LayerRelations, Search, SearchLimitError
from nnspec.weight_import.candidates import Candidates
from nnspec.weight_import.layer_order import counted_on, feeds, path_text, precedes
from nnspec.weight_import.reachability import neighbours, upstream
from nnspec.weight_import.source import SourceLayer, SourceNetwork
from nnspec.weight_import.structure import Operation, graph_operations, signatures

_BLANK = ((0,),)  # the shapes of a layer that is not compared
_SAVE_WHOLE = "save the whole model, whose graph tells them apart: model.save('model.keras')"
_RENAME = "their names do not tell them apart"


_LayerRelation = Callable[[SourceLayer, SourceLayer], bool]


class Pairing(NamedTuple):
    """The network's layer for each layer of a file, and what proves it."""

    layers: tuple[tuple[SourceLayer, Node], ...]
    proof: str


class AmbiguousError(Exception):
    """A layer of a file could be one of two layers of the network."""

    def __init__(self, layer: SourceLayer, nodes: tuple[Node, Node]) -> None:
        super().__init__(layer.name)
        self.layer, self.nodes = layer, nodes


def pair(source: SourceNetwork, graph: Graph, candidates: Candidates) -> Pairing:
    """Pair the layers of a file with those of a network, of equal weights each.

    Raises DataError where two pairings fit what is known of the file, or none.
    """
    if source.operations:
        return _paired(source, graph, candidates, [_by_graph(source, graph, candidates)])
    by_shapes = candidates.signatures
    proofs = [
        _Proof("order", *by_shapes, _precedes),
        _Proof("order and names", *by_shapes, _precedes_by_name),
    ]
    if source.framework == "torch":
        proofs = [
            _Proof("names", *by_shapes, _precedes, _feeds, _adjacent),
            _Proof("names", *by_shapes, _precedes, _feeds),
            _Proof("names", *by_shapes, _precedes),
        ]
    return _paired(source, graph, candidates, proofs)


def _never(_: SourceLayer, __: SourceLayer) -> bool:
    return False


class _Proof(NamedTuple):
    """What layers must have in common, and what is known of their order."""

    name: str
    wanted: Sequence[Hashable]  # a signature of each layer of the file
    offered: Sequence[Hashable]  # and of the network
    precedes: _LayerRelation
    feeds: _LayerRelation = _never
    adjacent: _LayerRelation = _never


def _paired(
    source: SourceNetwork, graph: Graph, candidates: Candidates, proofs: Sequence[_Proof]
) -> Pairing:
    """The pairing of the first proof that leaves one; a DataError where there is none."""
    ambiguous: AmbiguousError | None = None
    network = LayerGraph(upstream(graph, candidates.nodes), neighbours(graph, candidates.nodes))
    for proof in proofs:
        try:
            found = _assigned(candidates, network, proof)
        except AmbiguousError as error:
            ambiguous = error
            continue
        if found is None:
            continue
        pairs = zip(candidates.layers, (candidates.nodes[one] for one in found), strict=True)
        return Pairing(tuple(pairs), proof.name)
    raise _ambiguity(source, ambiguous) if ambiguous else _contradiction(source)


def _assigned(candidates: Candidates, network: LayerGraph, proof: _Proof) -> list[int] | None:
    """For each layer of the file the number of the network's; None where none fits."""
    found = [-1] * len(candidates.layers)
    for group in candidates.groups():
        solution = _solved(candidates, group, network, proof)
        if solution is None:
            return None
        for number, node in zip(group, solution, strict=True):
            found[number] = node
    return found


def _solved(
    candidates: Candidates, group: Sequence[int], network: LayerGraph, proof: _Proof
) -> Sequence[int] | None:
    """The only assignment of a group of layers; None where there is none."""
    layers = [candidates.layers[number] for number in group]
    relations = LayerRelations(
        lambda i, j: proof.precedes(layers[i], layers[j]),
        lambda i, j: proof.feeds(layers[i], layers[j]),
        lambda i, j: proof.adjacent(layers[i], layers[j]),
    )
    search = Search([proof.wanted[i] for i in group], proof.offered, network, relations)
    try:
        found = list(islice(search.assignments(), 2))
    except SearchLimitError:
        raise DataError(
            "its layers fit the network's in too many ways to be told apart", _SAVE_WHOLE
        ) from None
    if len(found) == 2:
        number = next(i for i, (a, b) in enumerate(zip(*found, strict=True)) if a != b)
        first, second = (candidates.nodes[one[number]] for one in found)
        raise AmbiguousError(layers[number], (first, second))
    return found[0] if found else None


def _by_graph(source: SourceNetwork, graph: Graph, candidates: Candidates) -> _Proof:
    """The signatures of both graphs; a DataError where they differ."""
    ours = [one._replace(shape=()) for one in graph_operations(graph)]
    known = {node.name for node in candidates.nodes}
    wanted = _signature_of_each(
        source.operations, {path_text(one.path) for one in candidates.layers}
    )
    offered = _signature_of_each(ours, known)
    return _Proof(
        "graph",
        [wanted[path_text(one.path)] for one in candidates.layers],
        [offered[one.name] for one in candidates.nodes],
        _precedes,
    )


def _signature_of_each(operations: Sequence[Operation], compared: set[str]) -> Mapping[str, str]:
    """The signature of each layer by its name; layers that are not compared are blank."""
    blanked = (
        one._replace(weights=_BLANK) if one.weights and one.name not in compared else one
        for one in operations
    )
    return {name: key for key, names in signatures(blanked).items() for name in names}


def _precedes(a: SourceLayer, b: SourceLayer) -> bool:
    return precedes(a.path, b.path)


def _feeds(a: SourceLayer, b: SourceLayer) -> bool:
    return feeds(a.path, b.path)


def _adjacent(a: SourceLayer, b: SourceLayer) -> bool:
    """Whether one of them is the normalization of the other: `conv1` and `bn1`, `conv` and `bn`."""
    (*scope, last), (*other, end) = a.path, b.path
    is_pair = scope == other and last.number == end.number and last.stem != end.stem
    return is_pair and _is_normalization(a) != _is_normalization(b)


def _is_normalization(layer: SourceLayer) -> bool:
    return "running_mean" in layer.weights


def _precedes_by_name(a: SourceLayer, b: SourceLayer) -> bool:
    return precedes(a.path, b.path) or counted_on(a.name, b.name)


def _ambiguity(source: SourceNetwork, error: AmbiguousError) -> DataError:
    first, second = error.nodes
    message = (
        f"the file's layer {quoted(error.layer.name)} could be {first.name} or {second.name} of "
        f"the network"
    )
    return DataError(message, _RENAME if source.framework == "torch" else _SAVE_WHOLE)


def _contradiction(source: SourceNetwork) -> DataError:
    how = "its graph" if source.operations else "the order of its layers"
    message = f"the file's layers have the shapes of the network's, and {how} is another one"
    return DataError(message, "the network is not the one that the weights are of")
