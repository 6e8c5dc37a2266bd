"""What a lint rule finds, and the questions about specs and graphs that rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nnspec.graph.ir import Graph, Node
from nnspec.spec.document import Spec


class Finding(NamedTuple):
    """A place in the spec, and what a rule found there."""

    path: tuple[str | int, ...]
    message: str


Rule = Callable[[Spec, Graph], Iterator[Finding]]


def is_trained(spec: Spec) -> bool:
    """Whether the spec has a loss or an optimizer."""
    return spec.loss is not None or spec.optimizer is not None


def kernels(graph: Graph) -> list[Node]:
    """The nodes that have a kernel."""
    return [node for node in graph.nodes if "kernel" in node.weights]


def option_path(spec: Spec, node: Node, name: str) -> tuple[str | int, ...]:
    """The path to a written layer's option; to the layer where it does not have it."""
    *_, index = node.path
    layer = spec.network.layers[int(index)]
    return (*node.path, layer.kind, name) if hasattr(layer, name) else node.path


def first_node(graph: Graph) -> Node | None:
    """The first node that does more than change the shape."""
    return next((node for node in graph.nodes if not node.layer.identity), None)


def last_node(graph: Graph) -> Node | None:
    """The last node that does more than change the shape."""
    return next((node for node in reversed(graph.nodes) if not node.layer.identity), None)


def last_kind(graph: Graph) -> str:
    """The kind of what the network ends in, whatever its shape; a bare layer's is linear."""
    last = last_node(graph)
    return "linear" if last is None or "kernel" in last.weights else last.kind
