"""Forward and backward pass of one row, recorded layer by layer.

A layer here is a textbook layer: a node that computes z, and the activations after it.
    z(k) = w0(k-1) + sum w(k-1) a(k-1)           a(k) = g(z(k))
    delta(k) = dL/dz(k)                           dL/dw_lj(k) = delta_l(k+1) a_j(k)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop import image_layers, layers, losses  # noqa: F401  (it adds formulas)
from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import Backward
from nnspec.backends.contract import Array, Weights, split_fused_activation
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.losses.base import Loss
from nnspec.graph.ir import INPUT, Graph, Node


class LayerTrace(NamedTuple):
    """Values, deltas and gradients of one layer for a row; k counts from 1 for the input."""

    k: int
    nodes: tuple[Node, ...]  # the node that computes z, then its activations
    inputs: Floats  # a(k-1)
    z: Floats
    a: Floats
    delta: Floats  # dL/dz
    weights: Weights  # by their names in the graph, like the gradients
    gradients: Weights

    @property
    def name(self) -> str:
        """The layer's name in the spec."""
        return self.nodes[0].origin

    @property
    def activations(self) -> tuple[ActivationLayer, ...]:
        """The activation layers that map z to a."""
        return tuple(n.layer for n in self.nodes if isinstance(n.layer, ActivationLayer))


class Backprop(NamedTuple):
    """The forward and backward pass of one row."""

    x: Floats
    y: Floats
    layers: tuple[LayerTrace, ...]
    loss: float  # including the penalty
    penalty: float  # of the regularizers
    output_gradient: Floats | None  # dL/da(K); None if the loss is fused with the activation

    @property
    def gradients(self) -> Weights:
        """The gradient of every trained weight, in the graph's order."""
        return {name: g for layer in self.layers for name, g in layer.gradients.items()}


def backprop(
    graph: Graph, loss: Loss, weights: Mapping[str, Array], x: Array, y: Array
) -> Backprop:
    """Every z, a, delta and gradient for a row `x` with the target `y`, in float64.

    The graph must have no layers that are random in training; see `without_noise`.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    weights = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    with np.errstate(all="ignore"):  # numbers that are not finite are shown as they are
        values, backwards = _forward(graph, weights, x)
        body, head = split_fused_activation(graph, loss)
        formula = losses.fused_loss_formula if head else losses.loss_formula
        value, derivative = formula(loss, values[body.output], y)
        deltas, gradients = _backward(body, backwards, derivative)
        gradients |= {n: gradients[n] + g for n, g in _penalty_gradients(graph, weights)}
        penalty = sum(_penalties(graph, weights))
    traces = _layer_traces(graph, values, deltas, weights, gradients)
    return Backprop(x, y, traces, float(value) + penalty, penalty, None if head else derivative)


def without_noise(graph: Graph) -> Graph:
    """The graph without layers that are random in training and the identity in prediction."""
    sources = {INPUT: INPUT}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(sources[name] for name in node.inputs)
        deterministic = node.layer.noise(node.input_shapes[0]) is None
        sources[node.name] = node.name if deterministic else inputs[0]
        nodes += [node._replace(inputs=inputs)] if deterministic else []
    return graph.replace(nodes=tuple(nodes))


def _forward(
    graph: Graph, weights: Weights, x: Floats
) -> tuple[dict[str, Floats], dict[str, Backward]]:
    """Output and backward function of each node."""
    values, backwards = {INPUT: x}, {}
    for node in graph.nodes:
        own = {name: weights[f"{node.name}/{name}"] for name in node.weights}
        values[node.name], backwards[node.name] = layers.layer_formula(
            node.layer, values[node.inputs[0]], own
        )
    return values, backwards


def _backward(
    graph: Graph, backwards: Mapping[str, Backward], derivative: Floats
) -> tuple[dict[str, Floats], Weights]:
    """dL/d(output) of each node, and the gradient of each trained weight."""
    deltas, gradients = {graph.output: derivative}, {}
    for node in reversed(graph.nodes):
        deltas[node.inputs[0]], own = backwards[node.name](deltas[node.name])
        trained = [name for name, weight in node.weights.items() if weight.trainable]
        gradients.update({f"{node.name}/{name}": own[name] for name in trained})
    return deltas, {name: gradients[name] for name, _ in graph.weights() if name in gradients}


def _penalties(graph: Graph, weights: Weights) -> Iterator[float]:
    """l1 sum |w| + l2 sum w^2 of each weight that has a regularizer."""
    for name, weight in graph.weights():
        if weight.regularizer:
            l1, l2 = weight.regularizer.strengths
            yield float(l1 * np.abs(weights[name]).sum() + l2 * (weights[name] ** 2).sum())


def _penalty_gradients(graph: Graph, weights: Weights) -> Iterator[tuple[str, Floats]]:
    """l1 sign w + 2 l2 w of each trained weight that has a regularizer."""
    for name, weight in graph.weights():
        if weight.regularizer and weight.trainable:
            l1, l2 = weight.regularizer.strengths
            yield name, l1 * np.sign(weights[name]) + 2 * l2 * weights[name]


def _layer_traces(
    graph: Graph, values: Mapping[str, Floats], deltas: Mapping[str, Floats],
    weights: Weights, gradients: Weights,
) -> tuple[LayerTrace, ...]:  # fmt: skip
    """One trace for each group of nodes."""
    traces = []
    for k, nodes in enumerate(_groups(graph), start=2):
        source = nodes[0].inputs[0]
        z = source if isinstance(nodes[0].layer, ActivationLayer) else nodes[0].name
        names = [f"{node.name}/{name}" for node in nodes for name in node.weights]
        own = {name: weights[name] for name in names}
        own_gradients = {name: gradients[name] for name in names if name in gradients}
        inputs, a = values[source], values[nodes[-1].name]
        traces.append(LayerTrace(k, nodes, inputs, values[z], a, deltas[z], own, own_gradients))
    return tuple(traces)


def _groups(graph: Graph) -> list[tuple[Node, ...]]:
    """Nodes grouped into layers: an activation belongs to the node before it."""
    groups: list[tuple[Node, ...]] = []
    for node in graph.nodes:
        if groups and isinstance(node.layer, ActivationLayer):
            groups[-1] += (node,)
        else:
            groups.append((node,))
    return groups
