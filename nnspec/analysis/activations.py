"""What every node of a network gives for some inputs, on any backend.

A backend gives a network's output and nothing before it. But the first nodes of a network are a
network too, with the same weights under the same names, and its output is what is looked for.
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
    """The output of each node by its name, in the graph's order, as in prediction.

    `inputs` are prepared rows (n, *graph.input_shape); a node's output is (n, *node.shape).
    """
    return {
        node.name: output(upto(graph, node.name), weights, inputs, compute) for node in graph.nodes
    }


def output(
    graph: Graph, weights: Mapping[str, Array], inputs: Array, compute: ComputeConfig
) -> Array:
    """The output of a network with some of `weights`, those that it has: (n, *output_shape)."""
    program = discovery.build_program(graph, None, compute)
    program.set_weights({name: weights[name] for name, _ in graph.weights()})
    with np.errstate(all="ignore"):
        return program.predict(inputs)


def upto(graph: Graph, name: str) -> Graph:
    """The nodes up to the one called `name`, which becomes the output."""
    end = 1 + [node.name for node in graph.nodes].index(name)
    return graph._replace(nodes=graph.nodes[:end])
