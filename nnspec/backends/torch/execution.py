"""Execution of a graph: its modules, called in topological order along its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nnspec.backends.mixed_precision import multiplies_kernel
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu
from nnspec.graph.verify import apply_passes

Tensors = Mapping[str, Tensor]  # by the name of an input, an output or a node
NO_TENSORS: Tensors = MappingProxyType({})


class Step(NamedTuple):
    """A call of a node's module: the values that it reads and gives, and those not read again."""

    name: str  # of the node, and of its first value
    module: Callable[..., Any]
    inputs: tuple[str, ...]
    further: tuple[str, ...]  # its values after the first
    last_reads: tuple[str, ...]


class Execution:
    """A function from the tensors of a graph's inputs to those of its outputs.

    A value is freed after its last reader. Max pooling is applied before a ReLU that it follows in
    the graph, which changes no bit. Autograd goes through the calls in reverse order, so that the
    gradients of a value with several readers are added from the last reader to the first.
    """

    def __init__(
        self, graph: Graph, modules: Mapping[str, nn.Module], *, mixed: bool = False
    ) -> None:
        graph = apply_passes(graph, pool_before_relu)
        self.outputs = dict(graph.outputs)
        self.steps = [
            Step(
                node.name, _in_precision(modules[node.name], node, mixed), node.inputs,
                node.outputs[1:],
                graph.last_reads[node.name],
            )
            for node in graph.nodes
        ]  # fmt: skip

    def __call__(self, inputs: Tensors, layer_inputs: Tensors = NO_TENSORS) -> dict[str, Tensor]:
        """The outputs by name; `layer_inputs` are further arguments of modules, by node."""
        values = dict(inputs)
        for name, module, reads, further, last_reads in self.steps:
            arguments = [values[value] for value in reads]
            if name in layer_inputs:
                arguments.append(layer_inputs[name])
            result = module(*arguments)
            if further:
                values.update(zip((name, *further), result, strict=True))
            else:
                values[name] = result
            for value in last_reads:
                del values[value]
        return {name: values[value] for name, value in self.outputs.items()}


def _in_precision(module: nn.Module, node: Node, mixed: bool) -> Callable[..., Any]:
    """A node's module, which computes in bfloat16 where the precision is mixed."""
    if not mixed or not multiplies_kernel(node):
        return module

    def call(*inputs: Tensor) -> Tensor:
        with torch.autocast(inputs[0].device.type, torch.bfloat16):
            result: Tensor = module(*inputs)
        return result.float()

    return call
