"""`Finding` and `Rule` types, and queries on specs and graphs that lint rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nnspec.graph.ir import Graph, Node
from nnspec.spec.document import Spec


class Finding(NamedTuple):
    """A message of a lint rule and its path in the spec."""

    path: tuple[str | int, ...]
    message: str


Rule = Callable[[Spec, Graph], Iterator[Finding]]


def is_trained(spec: Spec) -> bool:
    """Whether the spec is for training: it has a loss or an optimizer."""
    return spec.loss is not None or spec.optimizer is not None


def nodes_with_kernel(graph: Graph) -> list[Node]:
    """The nodes that have a kernel."""
    return [node for node in graph.nodes if "kernel" in node.weights]


def option_path(spec: Spec, node: Node, name: str) -> tuple[str | int, ...]:
    """The path of an option of the node's layer; of the layer itself if it lacks the option."""
    *_, index = node.path
    layer = spec.network.layers[int(index)]
    return (*node.path, layer.kind, name) if hasattr(layer, name) else node.path


def first_node(graph: Graph) -> Node | None:
    """The first node that changes values; reshaping and linear activations are skipped."""
    return next((node for node in graph.nodes if not node.layer.identity), None)


def last_node(graph: Graph) -> Node | None:
    """The last node that changes values; reshaping and linear activations are skipped."""
    return next((node for node in reversed(graph.nodes) if not node.layer.identity), None)


def last_kind(graph: Graph) -> str:
    """The kind of the output activation; `linear` if the last layer has none."""
    last = last_node(graph)
    return "linear" if last is None or "kernel" in last.weights else last.kind
