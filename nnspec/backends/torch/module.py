"""A graph as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor, nn

from nnspec.backends.torch import registry
from nnspec.backends.torch.weights import BoundWeight
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu

LayerNoise = Mapping[str, Tensor]  # what a noise layer drew, by the name of its node
_NOTHING: LayerNoise = MappingProxyType({})


class GraphModule(nn.Module):
    """The graph's nodes one after the other; channels-last rows in, predictions out.

    Max pooling comes before a ReLU that it follows in the graph, which changes no bit.

    `body` is how many nodes come before an activation that the loss has absorbed.
    """

    def __init__(self, graph: Graph, body: int) -> None:
        super().__init__()
        self.body = body
        self.held: dict[str, BoundWeight] = {}
        self.steps: list[tuple[str, nn.Module]] = []
        for node in pool_before_relu(graph).nodes:
            self._enter(node)

    def _enter(self, node: Node) -> None:
        """The node's module, as an attribute of the network."""
        module, places = registry.LAYERS[node.layer](node.layer, node)
        self.add_module(self._free_name(node.name.replace(".", "/")), module)
        self.steps.append((node.name, module))
        for name, weight in node.weights.items():
            held = self.held[f"{node.name}/{name}"] = BoundWeight(module, places[name], weight)
            nn.init.zeros_(held.tensor)

    def _free_name(self, name: str) -> str:
        """A layer may be called `train` or `type`, which modules already have."""
        return self._free_name(f"{name}_") if hasattr(self, name) else name

    def forward(self, x: Tensor, drawn: LayerNoise = _NOTHING) -> Tensor:
        """The predictions."""
        return self.predictions(self.given(x, drawn))

    def given(self, x: Tensor, drawn: LayerNoise = _NOTHING) -> Tensor:
        """What the loss gets: the predictions, or the numbers before the absorbed activation."""
        for name, module in self.steps[: self.body]:
            x = module(x, drawn[name]) if name in drawn else module(x)
        return x

    def predictions(self, given: Tensor) -> Tensor:
        """The predictions for what the loss gets."""
        for _, module in self.steps[self.body :]:
            given = module(given)
        return given
