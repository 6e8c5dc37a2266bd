"""The layers of a file and of a network whose weights have equal shapes; what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeVar

from nnspec.errors import DataError, Problem, SourceSpan, argument_place, did_you_mean, quoted
from nnspec.graph.ir import Graph, Node
from nnspec.options.shapes import format_shape
from nnspec.spec.document import Spec
from nnspec.weight_import.layouts import Layouts, keras_layouts, torch_layouts
from nnspec.weight_import.source import SourceLayer, SourceNetwork

_LAYOUTS = {"keras": keras_layouts, "torch": torch_layouts}
_MAX_TOLD = 3  # layers that do not fit

_HINT = "other layers than the file's: --except NAME keeps the initial weights of a layer"

Signature = tuple[str, tuple[Hashable, ...]]
T = TypeVar("T")


class Candidates(NamedTuple):
    """Layers of a file and of a network, as many of each signature, and those left out."""

    layers: tuple[SourceLayer, ...]
    nodes: tuple[Node, ...]
    layouts: Mapping[str, Layouts]  # of each node by its name
    has_kinds: bool
    initial: tuple[Node, ...]  # keep their initial weights
    unused: tuple[SourceLayer, ...]  # of the file

    @property
    def signatures(self) -> tuple[list[Signature], list[Signature]]:
        """The kind and the shapes of each layer of the file, and of each of the network."""
        return (
            [_signature(one, self.has_kinds) for one in self.layers],
            [_node_signature(one, self.layouts[one.name], self.has_kinds) for one in self.nodes],
        )

    def groups(self) -> list[list[int]]:
        """The numbers of the file's layers by their kinds: no layer is of two groups."""
        found: dict[str, list[int]] = {}
        for number, layer in enumerate(self.layers):
            found.setdefault(layer.kind if self.has_kinds else "", []).append(number)
        return list(found.values())


def find_candidates(
    source: SourceNetwork, spec: Spec, graph: Graph, patterns: Sequence[str]
) -> Candidates:
    """The layers to pair; those that patterns name may lack a counterpart.

    Raises DataError, with the names and the shapes of the first layers that do not fit.
    """
    nodes = [node for node in graph.nodes if node.weights and not node.is_shared]
    excepted = _excepted(nodes, patterns)
    layouts = {node.name: _LAYOUTS[source.framework](graph, node) for node in nodes}
    has_kinds = all(layer.kind for layer in source.layers)
    theirs = Counter(_signature(layer, has_kinds) for layer in source.layers)
    signature = {n.name: _node_signature(n, layouts[n.name], has_kinds) for n in nodes}
    ours = Counter(signature.values())
    initial = [
        node for node in nodes
        if node in excepted and theirs[signature[node.name]] < ours[signature[node.name]]
    ]  # fmt: skip
    kept = [node for node in nodes if node not in initial]
    left = {signature[node.name] for node in kept}
    unused = [
        layer for layer in source.layers if patterns and _signature(layer, has_kinds) not in left
    ]
    used = [layer for layer in source.layers if layer not in unused]
    found = Candidates(tuple(used), tuple(kept), layouts, has_kinds, tuple(excepted), tuple(unused))
    _check(found, spec)
    return found


def _excepted(nodes: Sequence[Node], patterns: Sequence[str]) -> list[Node]:
    """The nodes that patterns name, by their own names or those of groups of layers."""
    found: list[Node] = []
    for pattern in patterns:
        matches = [node for node in nodes if _matches(node.name, pattern)]
        if not matches:
            message = f"no layer with weights is called {quoted(pattern)}"
            hint = did_you_mean(pattern, [node.name for node in nodes])
            raise DataError(Problem(message, argument_place(pattern, "--except"), hint))
        found += (node for node in matches if node not in found)
    return found


def _matches(name: str, pattern: str) -> bool:
    """Whether a layer is the one, or in the group, that `base/dense` or `base.dense` names."""
    parts, pattern = name.split("/"), pattern.replace(".", "/")
    return any(fnmatchcase("/".join(parts[:end]), pattern) for end in range(1, len(parts) + 1))


def _signature(layer: SourceLayer, has_kinds: bool) -> Signature:
    shapes = tuple(sorted((name, one.shape) for name, one in layer.weights.items()))
    return layer.kind if has_kinds else "", shapes


def _node_signature(node: Node, layouts: Layouts, has_kinds: bool) -> Signature:
    shapes = tuple(sorted((name, one.in_file) for name, one in layouts.items()))
    return node.kind.replace("_", "") if has_kinds else "", shapes or (node.name,)


def _check(found: Candidates, spec: Spec) -> None:
    """Raise DataError unless there are as many layers of each signature."""
    theirs, ours = map(Counter, found.signatures)
    layers = _surplus(found.layers, found.signatures[0], theirs - ours)
    nodes = _surplus(found.nodes, found.signatures[1], ours - theirs)
    problems = list(_problems(layers, nodes, found, spec))
    if len(problems) > _MAX_TOLD:
        more = f"and {len(problems) - _MAX_TOLD:,} more layers do not fit: is it another network?"
        problems = [*problems[:_MAX_TOLD], Problem(more)]
    if problems:
        raise DataError(problems)


def _surplus(items: Sequence[T], keys: Sequence[Signature], counts: Counter[Signature]) -> list[T]:
    """The last items of each signature of which there are too many."""
    left, found = counts.copy(), []
    for item, key in zip(reversed(items), reversed(keys), strict=True):
        if left[key] > 0:
            left[key] -= 1
            found.append(item)
    return found[::-1]


def _problems(
    layers: list[SourceLayer], nodes: list[Node], found: Candidates, spec: Spec
) -> Iterator[Problem]:
    """What does not fit: pairs of one kind, then what is only in the network or in the file."""
    for node in nodes:
        layer = next((one for one in layers if _is_alike(one, found.layouts[node.name])), None)
        if layer is not None:
            layers.remove(layer)
        yield _problem(node, layer, found, spec)
    for layer in layers:
        shapes = ", ".join(format_shape(one.shape) for one in layer.weights.values())
        yield Problem(f"the network has no layer for {quoted(layer.name)} of the file: {shapes}")


def _is_alike(layer: SourceLayer, layouts: Layouts) -> bool:
    """Whether a layer has weights of the same names and ranks."""
    return layer.weights.keys() == layouts.keys() and all(
        len(one.shape) == len(layouts[name].in_file) for name, one in layer.weights.items()
    )


def _problem(node: Node, layer: SourceLayer | None, found: Candidates, spec: Spec) -> Problem:
    """Why a layer of the network has no counterpart in the file."""
    place, layouts = spec.locate(*node.path), found.layouts[node.name]
    if not layouts:
        return Problem(f"no module of torch has the weights of {node.name}, a {node.kind}", place)
    if layer is None:
        shapes = ", ".join(format_shape(one.in_file) for one in layouts.values())
        message = f"the file has no layer left for {node.name}, a {node.kind} of {shapes}"
        return Problem(message, place, _HINT)
    return _different(node, layer, layouts, place)


def _different(
    node: Node, layer: SourceLayer, layouts: Layouts, place: SourceSpan | None
) -> Problem:
    """The first weight that has another shape in the file; else the layers are of two kinds."""
    for name, weight in layer.weights.items():
        ours = layouts[name]
        if weight.shape != ours.in_file:
            found, wanted = format_shape(weight.shape), format_shape(ours.in_file)
            theirs = f"{quoted(layer.name)} of the file has {weight.path} of {found}"
            message = f"{theirs}, and {ours.weight} of the network needs {wanted} there"
            return Problem(message, place, _HINT)
    message = f"{quoted(layer.name)} of the file is a {layer.kind}, and {node.name} a {node.kind}"
    return Problem(message, place, _HINT)
