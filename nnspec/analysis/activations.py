"""Values of the nodes of a network for given inputs, on any backend.

A backend returns the outputs of a graph only; so the graph whose outputs are the values that are
asked for is built, and all of them are computed in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.arrays import Array, Values, named, only
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.graph.rewrites.dead_nodes import without_dead_nodes


def activations(
    graph: Graph,
    weights: Mapping[str, Array],
    inputs: Values,
    compute: ComputeConfig,
    nodes: Iterable[str] | None = None,
) -> dict[str, Array]:
    """Output of each node, or of those that `nodes` names, in prediction mode.

    `inputs` are prepared rows (n, *shape); a node's output is (n, *node.shape).
    """
    names = [node.name for node in graph.nodes] if nodes is None else list(nodes)
    values = _outputs(graph_of_values(graph, names), weights, inputs, compute)
    return {name: values[name] for name in names}


def output(
    graph: Graph, weights: Mapping[str, Array], inputs: Values, compute: ComputeConfig
) -> Array:
    """The only output of a network, (n, *output_shape); weights of other nodes are ignored."""
    return only(_outputs(graph, weights, inputs, compute))


def graph_of_values(graph: Graph, names: Iterable[str]) -> Graph:
    """The part of a graph that some values need; they become its outputs.

    The owners of the weights that are needed are among them, so that each weight has its node.
    """
    wanted = list(names)
    part = without_dead_nodes(graph.replace(outputs={name: name for name in wanted}))
    owners = [node.owner for node in part.nodes if node.owner not in part.by_name]
    return graph_of_values(graph, [*wanted, *owners]) if owners else part


def _outputs(
    graph: Graph, weights: Mapping[str, Array], inputs: Values, compute: ComputeConfig
) -> dict[str, Array]:
    program = discovery.build_program(graph, None, compute)
    program.set_weights({name: weights[name] for name, _ in graph.weights()})
    with np.errstate(all="ignore"):
        return program.predict_outputs(named(inputs, graph.inputs))
