"""A graph as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from torch import Tensor, nn

from nnspec.backends.torch.execution import Execution
from nnspec.backends.torch.layers.normalization import BatchNorm
from nnspec.backends.torch.module_tree import ModuleTree
from nnspec.backends.torch.node_modules import NodeModules
from nnspec.backends.torch.processes import Processes
from nnspec.graph.ir import Graph


class GraphModule(nn.Module):
    """The modules of a graph's nodes, called along its edges; channels-last rows in.

    `network(x)`, `network(image, words)` or `network(image=..., words=...)` is the prediction: a
    tensor, or a dict of the outputs by name if there are several. The layer `conv2d` of the group
    `vision` is `network.vision.conv2d`. A layer or group that shares the weights of an earlier one
    is that one's modules, called again. In `mixed` precision dense layers and convolutions compute
    in bfloat16.
    """

    def __init__(self, graph: Graph, *, mixed: bool = False) -> None:
        super().__init__()
        built = NodeModules(graph)
        self.input_names = tuple(graph.inputs)
        self.bound_weights, self.tied_weights = built.weights, built.tied
        self.layer_modules = built.modules  # by the names of nodes; shared ones several times
        self.mixed, self.execution = mixed, Execution(graph, built.modules, mixed=mixed)
        self._register_modules()

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor | dict[str, Tensor]:
        """Predictions (rows, *output_shape) for inputs (rows, *input_shape)."""
        values = dict(zip(self.input_names, inputs, strict=False))
        repeated = len(inputs) > len(values) or not named.keys().isdisjoint(values)
        values.update(named)
        if repeated or values.keys() != set(self.input_names):
            raise TypeError(f"the network takes each of its inputs once: {self.input_names}")
        outputs = self.execution(values)
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def join(self, processes: Processes) -> None:
        """Make layers that compute with all rows of a batch take those of all processes."""
        for module in self.layer_modules.values():
            if isinstance(module, BatchNorm):
                module.processes = processes

    def _register_modules(self) -> None:
        """Make each module a child under the name of the first node that it belongs to."""
        tree, registered = ModuleTree(self), set[nn.Module]()
        for name, module in self.layer_modules.items():
            if module not in registered:
                registered.add(module)
                tree.add(name, module)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """What `to`, `cuda`, `double` and the like call; it may replace tensors."""
        applied: Any = super()._apply(fn, recurse)
        for tied in self.tied_weights:
            tied.tie()
        return applied
