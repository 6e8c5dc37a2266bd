"""Forward and backward through a network for one row, kept layer by layer.

A layer here is what a lecture calls so: a node that computes z, and the activations after it.
    z(k) = w0(k-1) + sum w(k-1) a(k-1)           a(k) = g(z(k))
    delta(k) = dL/dz(k)                           dL/dw_lj(k) = delta_l(k+1) a_j(k)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop import images, layers, losses  # noqa: F401  (images adds its formulas)
from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import Backward
from nnspec.backends.contract import Array, Weights, split_fused_activation
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.losses.base import Loss
from nnspec.graph.ir import INPUT, Graph, Node


class LayerTrace(NamedTuple):
    """What one layer computes for a row, with k counted from 1 for the input."""

    k: int
    nodes: tuple[Node, ...]  # that which gives z, and its activations
    reads: Floats  # a(k-1)
    z: Floats
    a: Floats
    delta: Floats  # dL/dz
    weights: Weights  # by their names in the graph, as are the gradients
    gradients: Weights

    @property
    def name(self) -> str:
        """The layer's name in the spec."""
        return self.nodes[0].origin

    @property
    def activations(self) -> tuple[ActivationLayer, ...]:
        """What makes a out of z."""
        return tuple(n.layer for n in self.nodes if isinstance(n.layer, ActivationLayer))


class Backprop(NamedTuple):
    """One row's way through a network and back."""

    x: Floats
    y: Floats
    layers: tuple[LayerTrace, ...]
    loss: float  # with the penalty on weights
    penalty: float
    slope: Floats | None  # dL/da of the output; None where the loss absorbs its activation

    @property
    def gradients(self) -> Weights:
        """The gradient of every trained weight, in the graph's order."""
        return {name: g for layer in self.layers for name, g in layer.gradients.items()}


def backprop(
    graph: Graph, loss: Loss, weights: Mapping[str, Array], x: Array, y: Array
) -> Backprop:
    """Every z, a, delta and gradient for a row `x` with the target `y`, in float64.

    Layers that are random in training must have been left out; see `without_noise`.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    weights = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    with np.errstate(all="ignore"):  # numbers that are not finite are there to be seen
        values, backs = _forward(graph, weights, x)
        body, head = split_fused_activation(graph, loss)
        measure = losses.fused_loss_formula if head else losses.loss_formula
        value, slope = measure(loss, values[body.output], y)
        deltas, gradients = _backward(body, backs, slope)
        gradients |= {n: gradients[n] + g for n, g in _penalty_slopes(graph, weights)}
        penalty = sum(_penalties(graph, weights))
    found = _layers(graph, values, deltas, weights, gradients)
    return Backprop(x, y, found, float(value) + penalty, penalty, None if head else slope)


def without_noise(graph: Graph) -> Graph:
    """The network without the layers that are random in training and do nothing afterwards."""
    reads = {INPUT: INPUT}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(reads[name] for name in node.inputs)
        silent = node.layer.noise(node.input_shapes[0]) is None
        reads[node.name] = node.name if silent else inputs[0]
        nodes += [node._replace(inputs=inputs)] if silent else []
    return graph._replace(nodes=tuple(nodes))


def _forward(
    graph: Graph, weights: Weights, x: Floats
) -> tuple[dict[str, Floats], dict[str, Backward]]:
    """What each node gives, and its way back."""
    values, backs = {INPUT: x}, {}
    for node in graph.nodes:
        own = {name: weights[f"{node.name}/{name}"] for name in node.weights}
        values[node.name], backs[node.name] = layers.layer_formula(
            node.layer, values[node.inputs[0]], own
        )
    return values, backs


def _backward(
    graph: Graph, backs: Mapping[str, Backward], slope: Floats
) -> tuple[dict[str, Floats], Weights]:
    """dL/d(what each node gives), and the gradient of each trained weight."""
    deltas, gradients = {graph.output: slope}, {}
    for node in reversed(graph.nodes):
        deltas[node.inputs[0]], own = backs[node.name](deltas[node.name])
        trained = [name for name, weight in node.weights.items() if weight.trainable]
        gradients.update({f"{node.name}/{name}": own[name] for name in trained})
    return deltas, {name: gradients[name] for name, _ in graph.weights() if name in gradients}


def _penalties(graph: Graph, weights: Weights) -> Iterator[float]:
    """l1 sum |w| + l2 sum w^2 of each weight that has a regularizer."""
    for name, weight in graph.weights():
        if weight.regularizer:
            l1, l2 = weight.regularizer.strengths
            yield float(l1 * np.abs(weights[name]).sum() + l2 * (weights[name] ** 2).sum())


def _penalty_slopes(graph: Graph, weights: Weights) -> Iterator[tuple[str, Floats]]:
    """l1 sign w + 2 l2 w of each trained weight that has a regularizer."""
    for name, weight in graph.weights():
        if weight.regularizer and weight.trainable:
            l1, l2 = weight.regularizer.strengths
            yield name, l1 * np.sign(weights[name]) + 2 * l2 * weights[name]


def _layers(
    graph: Graph, values: Mapping[str, Floats], deltas: Mapping[str, Floats],
    weights: Weights, gradients: Weights,
) -> tuple[LayerTrace, ...]:  # fmt: skip
    """The nodes as layers: an activation belongs to the node before it."""
    found = []
    for k, nodes in enumerate(_groups(graph), start=2):
        reads = nodes[0].inputs[0]
        z = reads if isinstance(nodes[0].layer, ActivationLayer) else nodes[0].name
        names = [f"{node.name}/{name}" for node in nodes for name in node.weights]
        own = {name: weights[name] for name in names}
        slopes = {name: gradients[name] for name in names if name in gradients}
        a = values[nodes[-1].name]
        found.append(LayerTrace(k, nodes, values[reads], values[z], a, deltas[z], own, slopes))
    return tuple(found)


def _groups(graph: Graph) -> list[tuple[Node, ...]]:
    groups: list[tuple[Node, ...]] = []
    for node in graph.nodes:
        if groups and isinstance(node.layer, ActivationLayer):
            groups[-1] += (node,)
        else:
            groups.append((node,))
    return groups
