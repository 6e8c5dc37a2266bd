"""A graph as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

from torch import Tensor, nn

from nnspec.backends.torch import registry
from nnspec.backends.torch.execution import Execution
from nnspec.backends.torch.layer_module import LayerModule
from nnspec.backends.torch.module_tree import ModuleTree
from nnspec.backends.torch.weights import BoundWeight
from nnspec.graph.ir import Graph, Node


class BuiltNode(NamedTuple):
    """A node and its module."""

    node: Node
    built: LayerModule


class GraphModule(nn.Module):
    """The modules of a graph's nodes, called along its edges; channels-last rows in.

    `network(x)`, `network(image, words)` or `network(image=..., words=...)` is the prediction: a
    tensor, or a dict of the outputs by name if there are several. The layer `conv2d` of the group
    `vision` is `network.vision.conv2d`. A layer or group that shares the weights of an earlier one
    is that one's modules, called again.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.input_names = tuple(graph.inputs)
        self.bound_weights: dict[str, BoundWeight] = {}
        self.built_nodes: dict[str, BuiltNode] = {}
        for node in graph.nodes:
            self.built_nodes[node.name] = BuiltNode(node, self._build(node))
        self.execution = Execution(graph, self.layer_modules)
        self._register_modules()

    @property
    def layer_modules(self) -> dict[str, nn.Module]:
        """The module of each node by the node's name; shared ones several times."""
        return {name: each.built.module for name, each in self.built_nodes.items()}

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor | dict[str, Tensor]:
        """Predictions (rows, *output_shape) for inputs (rows, *input_shape)."""
        values = dict(zip(self.input_names, inputs, strict=False))
        repeated = len(inputs) > len(values) or not named.keys().isdisjoint(values)
        values.update(named)
        if repeated or values.keys() != set(self.input_names):
            raise TypeError(f"the network takes each of its inputs once: {self.input_names}")
        outputs = self.execution(values)
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def _register_modules(self) -> None:
        """Make each module a child under the name of the first node that it belongs to."""
        tree, registered = ModuleTree(self), set[nn.Module]()
        for name, module in self.layer_modules.items():
            if module not in registered:
                registered.add(module)
                tree.add(name, module)

    def _build(self, node: Node) -> LayerModule:
        """A node's module: that of the owner of its weights where it fits, else a new one."""
        owner = self.built_nodes.get(node.owner)
        if owner and _is_interchangeable(node, owner.node):
            return owner.built
        built = registry.LAYERS[node.layer](node.layer, node)
        if owner:
            _tie_weights(BuiltNode(node, built), owner)
        else:
            self._bind_weights(node, built)
        return built

    def _bind_weights(self, node: Node, built: LayerModule) -> None:
        """Find the weights of a node in its module, and set them to 0."""
        for name, weight in node.weights.items():
            bound = BoundWeight(built.module, built.locations[name], weight)
            self.bound_weights[node.weight_name(name)] = bound
            nn.init.zeros_(bound.tensor)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """What `to`, `cuda`, `double` and the like call; it may replace tensors."""
        applied: Any = super()._apply(fn, recurse)
        for each in self.built_nodes.values():
            if each.node.is_shared:
                _tie_weights(each, self.built_nodes[each.node.owner])
        return applied


def _is_interchangeable(node: Node, owner: Node) -> bool:
    """Whether a node's module is the same as that of the owner of its weights.

    Options that depend on the input's shape are numbers, so that layers are equal only if they
    compute the same; a module without weights may depend on the shape itself.
    """
    return node.layer == owner.layer and (
        bool(node.weights) or node.input_specs == owner.input_specs
    )


def _tie_weights(sharing: BuiltNode, owner: BuiltNode) -> None:
    """Make the tensors of the owner's weights those of another module too."""
    for name, location in sharing.built.locations.items():
        if name in sharing.node.weights:
            tensor = getattr(owner.built.module, owner.built.locations[name].attribute)
            setattr(sharing.built.module, location.attribute, tensor)
