"""Output of every node of a network for given inputs, on any backend.

A backend returns the final output only. A prefix of the node list is a network too, with the same
weights under the same names, so a node's output is the output of the prefix that ends with it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.contract import Array
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph


def activations(
    graph: Graph, weights: Mapping[str, Array], inputs: Array, compute: ComputeConfig
) -> dict[str, Array]:
    """Output of each node by node name, in graph order, in prediction mode.

    `inputs` are prepared rows (n, *graph.input_shape); a node's output is (n, *node.shape).
    """
    return {
        node.name: output(graph_up_to(graph, node.name), weights, inputs, compute)
        for node in graph.nodes
    }


def output(
    graph: Graph, weights: Mapping[str, Array], inputs: Array, compute: ComputeConfig
) -> Array:
    """Output of a network, (n, *output_shape); weights of other nodes are ignored."""
    program = discovery.build_program(graph, None, compute)
    program.set_weights({name: weights[name] for name, _ in graph.weights()})
    with np.errstate(all="ignore"):
        return program.predict(inputs)


def graph_up_to(graph: Graph, name: str) -> Graph:
    """The graph cut off after node `name`, whose output becomes the network's."""
    end = 1 + [node.name for node in graph.nodes].index(name)
    return graph.replace(nodes=graph.nodes[:end])
