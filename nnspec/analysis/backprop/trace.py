"""Forward and backward pass of one row, recorded layer by layer.

A layer here is a textbook layer: a node that computes z, and the activations after it.
    z(k) = w0(k-1) + sum w(k-1) a(k-1)           a(k) = g(z(k))
    delta(k) = dL/dz(k)                           dL/dw_lj(k) = delta_l(k+1) a_j(k)
The inputs of the network are the first layers. Where several layers read a(k), what they give to
dL/da(k) is added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop import (  # noqa: F401  (they add formulas)
    elementwise_activations,
    focal_losses,
    hinge_losses,
    image_layers,
    layers,
    losses,
    merging_layers,
    regression_losses,
)
from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import Backward
from nnspec.analysis.backprop.penalties import penalties, penalty_gradients
from nnspec.backends.arrays import Arrays
from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.backends.fused_losses import FusedGraph, fuse_losses
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.losses.base import Loss
from nnspec.components.optimizers.sgd import SGD
from nnspec.graph.ir import Graph, Node
from nnspec.graph.objectives import Objective


class LayerTrace(NamedTuple):
    """Values, deltas and gradients of one layer for a row; k counts the inputs too, from 1."""

    k: int
    nodes: tuple[Node, ...]  # the node that computes z, then its activations
    reads: tuple[int, ...]  # the k of the layers that it reads
    reader: int | None  # the k of the only layer that reads it, if it is no output
    output: str | None  # the output with a loss that it is, if nothing reads it
    inputs: tuple[Floats, ...]  # a of the layers that it reads
    z: Floats
    a: Floats
    delta: Floats  # dL/dz
    weights: Weights  # by their names in the graph, like the gradients
    gradients: Weights  # from all uses of the weights
    is_shared: bool  # whether there are several

    @property
    def name(self) -> str:
        """The layer's name in the spec."""
        return self.nodes[0].origin.replace("/", ".")

    @property
    def activations(self) -> tuple[ActivationLayer, ...]:
        """The activation layers that map z to a."""
        return tuple(n.layer for n in self.nodes if isinstance(n.layer, ActivationLayer))


class OutputTrace(NamedTuple):
    """The loss of one output for a row."""

    name: str
    loss: Loss
    weight: float  # in the total
    a: Floats
    y: Floats
    value: float  # without the weight
    gradient: Floats | None  # dL/da of the total; None if the loss is fused with the activation


class Backprop(NamedTuple):
    """The forward and backward pass of one row."""

    inputs: Arrays
    layers: tuple[LayerTrace, ...]
    outputs: tuple[OutputTrace, ...]
    loss: float  # the total, including the penalty
    penalty: float  # of the regularizers
    gradients: Weights  # of every trained weight, in the graph's order

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads the one before it alone, and the last is the only output."""
        return len(self.inputs) == len(self.outputs) == 1 and all(
            layer.reads == (layer.k - 1,) for layer in self.layers
        )

    def layer(self, k: int) -> LayerTrace:
        """The layer with the number k."""
        return self.layers[k - 1 - len(self.inputs)]

    def output(self, name: str) -> OutputTrace:
        """The output of a name."""
        return next(output for output in self.outputs if output.name == name)


def backprop(
    graph: Graph, objectives: Sequence[Objective], weights: Arrays, x: Arrays, y: Arrays
) -> Backprop:
    """Every z, a, delta and gradient for a row, in float64.

    `x` and `y` are the row's inputs and targets by name. The graph must have no layers that are
    random in training; see `without_noise`.
    """
    inputs, weights = _as_floats(x), _as_floats(weights)
    trained = fuse_losses(graph, TrainingSetup(tuple(objectives), SGD()))
    with np.errstate(all="ignore"):  # numbers that are not finite are shown as they are
        values, backwards = _forward(graph, weights, inputs)
        outputs, deltas = _losses(graph, trained, objectives, values, _as_floats(y))
        gradients = _backward(trained.graph, backwards, deltas)
        for name, gradient in penalty_gradients(graph, weights):
            gradients[name] = gradients.get(name, 0) + gradient
        penalty = sum(penalties(graph, weights))
    gradients = {name: gradients.get(name, np.zeros(weight.shape))
                 for name, weight in graph.weights() if weight.trainable}  # fmt: skip
    traces = _layer_traces(graph, objectives, values, deltas, weights, gradients)
    loss = sum(output.weight * output.value for output in outputs)
    return Backprop(inputs, traces, outputs, loss + penalty, penalty, gradients)


def without_noise(graph: Graph) -> Graph:
    """The graph without layers that are random in training and the identity in prediction."""
    sources = {name: name for name in graph.inputs}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(sources[name] for name in node.inputs)
        deterministic = node.layer.noise(*node.input_shapes) is None
        sources[node.name] = node.name if deterministic else inputs[0]
        nodes += [node._replace(inputs=inputs)] if deterministic else []
    outputs = {name: sources[value] for name, value in graph.outputs.items()}
    return graph.replace(nodes=tuple(nodes), outputs=outputs)


def _as_floats(arrays: Arrays) -> dict[str, Floats]:
    return {name: np.asarray(array, np.float64) for name, array in arrays.items()}


def _forward(
    graph: Graph, weights: Weights, inputs: Arrays
) -> tuple[dict[str, Floats], dict[str, Backward]]:
    """Output and backward function of each node."""
    values, backwards = dict(inputs), {}
    for node in graph.nodes:
        own = {name: weights[node.weight_name(name)] for name in node.weights}
        read = [values[name] for name in node.inputs]
        values[node.name], backwards[node.name] = layers.formula(node.layer, read, own)
    return values, backwards


def _losses(
    graph: Graph, trained: FusedGraph, objectives: Sequence[Objective],
    values: Arrays, targets: Arrays,
) -> tuple[tuple[OutputTrace, ...], dict[str, Floats]]:  # fmt: skip
    """The loss of each output, and the derivative of the total for the values they take."""
    outputs, deltas = list[OutputTrace](), dict[str, Floats]()
    for output, loss, weight, *_ in objectives:
        fused = output in trained.activations
        from_logits = fused or loss.takes_logits
        formula = losses.fused_loss_formula if from_logits else losses.loss_formula
        head, y = trained.graph.outputs[output], targets[output]
        value, derivative = formula(loss, values[head], y)
        derivative = weight * derivative
        deltas[head] = deltas[head] + derivative if head in deltas else derivative
        a, shown = values[graph.outputs[output]], None if fused else derivative
        outputs.append(OutputTrace(output, loss, weight, a, y, float(value), shown))
    return tuple(outputs), deltas


def _backward(
    graph: Graph, backwards: Mapping[str, Backward], deltas: dict[str, Floats]
) -> Weights:
    """The gradient of each weight; `deltas` becomes the derivative for each value."""
    gradients: Weights = {}
    for node in reversed(graph.nodes):
        read, own = backwards[node.name](deltas[node.name])
        for name, delta in zip(node.inputs, read, strict=True):
            deltas[name] = deltas[name] + delta if name in deltas else delta
        for name, weight in node.weights.items():
            if weight.trainable:
                full = node.weight_name(name)
                gradients[full] = gradients.get(full, 0) + own[name]
    return gradients


def _layer_traces(
    graph: Graph, objectives: Sequence[Objective], values: Arrays, deltas: Arrays,
    weights: Weights, gradients: Weights,
) -> tuple[LayerTrace, ...]:  # fmt: skip
    """One trace for each group of nodes."""
    groups = _groups(graph)
    numbers = {name: k for k, name in enumerate(graph.inputs, start=1)}  # value -> k
    for k, nodes in enumerate(groups, start=len(numbers) + 1):
        numbers.update((node.name, k) for node in nodes)
    outputs = {graph.outputs[objective.output]: objective.output for objective in objectives}
    owners = Counter(node.owner for node in graph.nodes)
    shared = {owner for owner, uses in owners.items() if uses > 1}
    traces = []
    for nodes in groups:
        first, last = nodes[0], nodes[-1]
        z = first.inputs[0] if isinstance(first.layer, ActivationLayer) else first.name
        names = [node.weight_name(name) for node in nodes for name in node.weights]
        only = graph.only_reader(last.name)
        traces.append(
            LayerTrace(
                numbers[last.name],
                nodes,
                tuple(numbers[name] for name in first.inputs),
                None if only is None or len(graph.uses(z)) > 1 else numbers[only.name],
                None if graph.uses(last.name) else outputs.get(last.name),
                tuple(values[name] for name in first.inputs),
                values[z],
                values[last.name],
                deltas.get(z, np.zeros_like(values[z])),
                {name: weights[name] for name in names},
                {name: gradients[name] for name in names if name in gradients},
                first.owner in shared,
            )
        )
    return tuple(traces)


def _groups(graph: Graph) -> list[tuple[Node, ...]]:
    """Nodes grouped into layers: an activation belongs to the node that it alone reads."""
    groups: dict[str, tuple[Node, ...]] = {}  # by the last node
    for node in graph.nodes:
        before = node.inputs[0]
        joins = isinstance(node.layer, ActivationLayer) and graph.only_reader(before) is node
        groups[node.name] = (*(groups.pop(before, ()) if joins else ()), node)
    order = {node.name: index for index, node in enumerate(graph.nodes)}
    return sorted(groups.values(), key=lambda nodes: order[nodes[0].name])
