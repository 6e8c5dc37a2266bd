"""A graph as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor, nn

from nnspec.backends.torch import registry
from nnspec.backends.torch.weights import BoundWeight
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu

# The second argument of a node's module, by the node's name: its noise, or the columns to read.
LayerInputs = Mapping[str, Tensor]
_NO_INPUTS: LayerInputs = MappingProxyType({})


class GraphModule(nn.Module):
    """The modules of a graph's nodes in sequence; channels-last rows in, predictions out.

    Max pooling is applied before a ReLU that it follows in the graph, which changes no bit.
    `body_length` is the number of nodes before an activation that is fused with the loss.
    """

    def __init__(self, graph: Graph, body_length: int) -> None:
        super().__init__()
        self.body_length = body_length
        self.bound_weights: dict[str, BoundWeight] = {}
        self.layer_modules: list[tuple[str, nn.Module]] = []
        for node in pool_before_relu(graph).nodes:
            self._add_node(node)

    def _add_node(self, node: Node) -> None:
        """Build a node's module, as an attribute of the network, and bind its weights."""
        module, locations = registry.LAYERS[node.layer](node.layer, node)
        self.add_module(self._free_name(node.name.replace(".", "/")), module)
        self.layer_modules.append((node.name, module))
        for name, weight in node.weights.items():
            bound = BoundWeight(module, locations[name], weight)
            self.bound_weights[f"{node.name}/{name}"] = bound
            nn.init.zeros_(bound.tensor)

    def _free_name(self, name: str) -> str:
        """Append underscores to a name that modules use themselves, such as `train` or `type`."""
        return self._free_name(f"{name}_") if hasattr(self, name) else name

    def forward(self, x: Tensor, layer_inputs: LayerInputs = _NO_INPUTS) -> Tensor:
        """Predictions (rows, *output_shape) for x (rows, *input_shape)."""
        return self.predictions(self.body_outputs(x, layer_inputs))

    def body_outputs(self, x: Tensor, layer_inputs: LayerInputs = _NO_INPUTS) -> Tensor:
        """Inputs of the loss: the predictions, or the logits where an activation is fused."""
        for name, module in self.layer_modules[: self.body_length]:
            x = module(x, layer_inputs[name]) if name in layer_inputs else module(x)
        return x

    def predictions(self, outputs: Tensor) -> Tensor:
        """Predictions for the outputs of the body: the fused activation, if any, applied."""
        for _, module in self.layer_modules[self.body_length :]:
            outputs = module(outputs)
        return outputs
