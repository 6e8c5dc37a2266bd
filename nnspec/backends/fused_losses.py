"""The graph that is trained: activations that are fused with their losses are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnspec.backends.contract import TrainingSetup
from nnspec.graph.ir import Graph, Node
from nnspec.graph.objectives import Objective
from nnspec.graph.rewrites.dead_nodes import without_dead_nodes
from nnspec.graph.verify import apply_passes


class FusedGraph(NamedTuple):
    """A graph whose outputs are what the losses take, for training.

    An activation that is fused with a loss is left out: the output is then its input (logits).
    """

    graph: Graph
    activations: Mapping[str, Node]  # name of an output -> the activation that is fused


def fuse_losses(graph: Graph, setup: TrainingSetup) -> FusedGraph:
    """The graph for training: losses computed with the activations before them where they fuse."""
    fused = {o.output: _fused_activation(graph, o) for o in setup.objectives}
    activations = {output: node for output, node in fused.items() if node}
    heads = {o.output: graph.outputs[o.output] for o in setup.objectives}
    heads.update({output: node.inputs[0] for output, node in activations.items()})
    trained = apply_passes(graph.replace(outputs=heads), without_dead_nodes)
    return FusedGraph(trained, activations)


def _fused_activation(graph: Graph, objective: Objective) -> Node | None:
    """The activation before an output that its loss is fused with."""
    node = graph.by_name.get(graph.outputs[objective.output])
    if node is None or node.kind != objective.loss.fused_activation:
        return None
    return node if getattr(node.layer, "axis", -1) in (-1, len(node.shape)) else None
