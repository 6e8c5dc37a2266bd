"""Lint rules about layers and activations."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

from nnspec.components.layers.activations import Softmax
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.layers.depthwise_convolution import DepthwiseConvolution
from nnspec.components.layers.normalization import BatchNormalization
from nnspec.components.layers.scaling import Normalization
from nnspec.graph.ir import Graph, Node
from nnspec.lint.findings import (
    Finding,
    giver_of_numbers,
    has_kernel,
    head,
    is_trained,
    layer_name,
    option_path,
    trained_graph,
)
from nnspec.spec.document import Spec

DEEP = 4  # hidden layers


def linear_hidden(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Layers that feed another layer with a kernel without a nonlinearity between them.

    A sum of several values, as in a residual block, is no function of one of them alone: what
    follows it does not make the layers before it superfluous. Nor does it a factor of a smaller
    kernel than that of both layers together: fewer channels than before and behind, or channels
    that do not mix.
    """
    affine = {name: _AffineValue(name) for name in graph.inputs}
    found = dict[str, None]()
    for node in graph.nodes:
        value = _affine_value(node, affine, found)
        if has_kernel(node):
            hidden = [name for name in value.kernels if not _is_factor(graph.by_name[name], node)]
            found.update(dict.fromkeys(hidden))
            value = _AffineValue(value.base, (node.name,))
        affine.update(dict.fromkeys(node.outputs, value))
    for name in found:
        node = graph.by_name[name]
        yield Finding(node.path, f"{layer_name(node)} is a hidden layer with a linear activation")


def _is_factor(node: Node, reader: Node) -> bool:
    """Whether a linear layer and its reader have fewer weights than one layer in place of both."""
    if not (_mixes_channels(node) and _mixes_channels(reader)):
        return True
    width = node.shape[-1]
    reads_channels = reader.input_shapes[0][-1] == width
    return reads_channels and width < min(node.input_shapes[0][-1], reader.shape[-1])


def _mixes_channels(node: Node) -> bool:
    """Whether each number that a layer gives depends on all channels of its input."""
    return (
        not isinstance(node.layer, DepthwiseConvolution) and getattr(node.layer, "groups", 1) == 1
    )


def unset_normalization(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Normalizations of a spec that is trained which have no numbers, and so change nothing."""
    for node in graph.nodes if is_trained(spec) else ():
        if isinstance(node.layer, Normalization) and node.layer.mean is None:
            yield Finding(node.path, f"{layer_name(node)} has no mean and no variance")


def bias_before_normalization(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Biases that nothing but batch normalization reads, which takes them out again.

    Their gradient is 0 but for rounding, which differs from backend to backend.
    """
    trained = trained_graph(spec, graph) if is_trained(spec) else graph
    for node in trained.nodes:
        readers = graph.uses(node.name)
        if "bias" not in node.weights or graph.is_output(node.name) or not readers:
            continue
        if all(_normalizes_channels(reader) for reader in readers):
            message = f"{layer_name(node)} has a bias before batch normalization"
            yield Finding(option_path(spec, node, "use_bias"), message)


def _normalizes_channels(node: Node) -> bool:
    """Whether a node takes out what is added to each channel, the last axis."""
    layer = node.layer
    return isinstance(layer, BatchNormalization) and layer.normalizes and layer.axis == -1


class _AffineValue(NamedTuple):
    """A value that is an affine function of another one, `base`, by layers with kernels."""

    base: str
    kernels: tuple[str, ...] = ()


def _affine_value(
    node: Node, affine: Mapping[str, _AffineValue], found: Container[str]
) -> _AffineValue:
    """What the value of a node is an affine function of: itself, unless of one value before."""
    inputs = [affine[value] for value in node.inputs]
    bases = {value.base for value in inputs}
    if not node.layer.affine or len(bases) > 1:
        return _AffineValue(node.name)
    kernels = dict.fromkeys(name for value in inputs for name in value.kernels)
    return _AffineValue(bases.pop(), tuple(name for name in kernels if name not in found))


def heaviside(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Activations with zero gradient between trainable weights and a loss."""
    trained = set[str]()  # values that depend on trainable weights
    for node in trained_graph(spec, graph).nodes if is_trained(spec) else ():
        after = not trained.isdisjoint(node.inputs)
        if node.layer.zero_gradient and after:
            yield Finding(option_path(spec, node, "activation"), _step_message(node))
        if after or any(weight.trainable for weight in node.weights.values()):
            trained.update(node.outputs)


def _step_message(node: Node) -> str:
    return f"{layer_name(node)}: a step function in a network that is to be trained"


def vanishing_gradient(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """At least DEEP saturating activations one after the other, which nothing leads around."""
    heads = {node.name for name in graph.outputs if (node := head(graph, name))}
    depths = dict.fromkeys(graph.outputs.values(), 0)  # the fewest after each value
    deepest: tuple[int, Node | None] = 0, None
    for node in reversed(graph.nodes):
        saturates = node.layer.saturates and node.name not in heads
        depth = min(depths.get(value, len(graph.nodes)) for value in node.outputs) + saturates
        deepest = max(deepest, (depth, node), key=lambda one: one[0]) if saturates else deepest
        for value in node.inputs:
            depths[value] = min(depths.get(value, depth), depth)
    count, first = deepest
    if first and count >= DEEP:
        kinds = {n.kind for n in graph.nodes if n.layer.saturates and n.name not in heads}
        message = f"{count} activations before the last are {' or '.join(sorted(kinds))}"
        yield Finding(option_path(spec, first, "activation"), message)


def activation_twice(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """An activation of numbers that come out of another activation, with no weights between.

    The same one again is no mistake where it changes little, as relu of relu; nor is the gate of
    a value that others read too.
    """
    for node in filter(_is_activation, graph.nodes):
        before = giver_of_numbers(graph, node.inputs[0])
        if not before or not _is_activation(before) or len(graph.uses(node.inputs[0])) > 1:
            continue
        if node.kind != before.kind or node.layer.saturates or node.layer.probabilities:
            path = option_path(spec, node, "activation")
            yield Finding(path, f"{layer_name(node)}: {node.kind} of what {before.kind} gives")


def _is_activation(node: Node) -> bool:
    return isinstance(node.layer, ActivationLayer) and not node.layer.affine


def single_softmax(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A softmax over one element, which is constantly 1."""
    for node in graph.nodes:
        if isinstance(node.layer, Softmax) and _softmax_size(node, node.layer.axis) == 1:
            yield Finding(
                option_path(spec, node, "activation"), f"{layer_name(node)}: softmax of one output"
            )


def _softmax_size(node: Node, axis: int) -> int:
    """The number of elements over which softmax normalizes; axis 0 is the batch."""
    return node.shape[axis if axis < 0 else axis - 1]
