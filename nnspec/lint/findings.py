"""`Finding` and `Rule` types, and queries on specs and graphs that lint rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nnspec.components.layers.regularization import NoiseLayer
from nnspec.graph.ir import Graph, Node, Path
from nnspec.graph.objectives import objectives
from nnspec.graph.rewrites.dead_nodes import without_dead_nodes
from nnspec.options.component import Component
from nnspec.spec.document import Spec


class Finding(NamedTuple):
    """A message of a lint rule and its path in the spec."""

    path: tuple[str | int, ...]
    message: str


Rule = Callable[[Spec, Graph], Iterator[Finding]]


def is_trained(spec: Spec) -> bool:
    """Whether the spec is for training: it has a loss or an optimizer."""
    return spec.loss is not None or spec.optimizer is not None


def has_kernel(node: Node) -> bool:
    """Whether a node multiplies its input by a trained kernel."""
    return "kernel" in node.weights


def option_path(spec: Spec, node: Node, name: str) -> Path:
    """The path of an option of the node's layer; of the layer itself if it lacks the option."""
    layer = None if node.is_shared else _item_at(spec, node.path)
    return (*node.path, layer.kind, name) if layer and hasattr(layer, name) else node.path


def _item_at(spec: Spec, path: Path) -> Any:
    """The layer at a path of the spec, in which a component is followed by its kind."""
    value: Any = spec
    for step in path:
        if isinstance(step, int):
            value = value[step]
        elif not (isinstance(value, Component) and value.kind == step):
            value = getattr(value, step)
    return value


def layer_name(node: Node) -> str:
    """What messages call a node's layer: `group.layer`, as it is written where it is read."""
    return node.origin.replace("/", ".")


def giver(graph: Graph, value: str) -> Node | None:
    """The node that gives a value; None for a network input."""
    return graph.by_name.get(value.partition(":")[0])


def giver_of_numbers(graph: Graph, value: str) -> Node | None:
    """The node that gives the numbers of a value, which may be reshaped or have noise after it."""
    node = giver(graph, value)
    while node and (node.layer.identity or isinstance(node.layer, NoiseLayer)):
        node = giver(graph, node.inputs[0])
    return node


def head(graph: Graph, output: str) -> Node | None:
    """The last node before an output that changes values; reshaping and noise are skipped."""
    return giver_of_numbers(graph, graph.outputs[output])


def trained_outputs(spec: Spec, graph: Graph) -> list[str]:
    """The names of the outputs that have a loss; of a spec without a loss, all."""
    named = [objective.output for objective in objectives(spec, graph)]
    return named or list(graph.outputs)


def trained_graph(spec: Spec, graph: Graph) -> Graph:
    """The part of the graph that the losses depend on."""
    outputs = {name: graph.outputs[name] for name in trained_outputs(spec, graph)}
    return without_dead_nodes(graph.replace(outputs=outputs))
