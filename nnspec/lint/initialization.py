"""Lint rules about weight initialization."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.components.initializers.base import Initializer
from nnspec.components.initializers.constant import Constant
from nnspec.components.initializers.literal import LiteralInitializer
from nnspec.graph.ir import Graph, Node
from nnspec.lint.findings import (
    Finding,
    has_kernel,
    is_trained,
    layer_name,
    option_path,
    trained_graph,
)
from nnspec.spec.document import Spec


def zero_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers with a zero-initialized kernel."""
    for node in _hidden_nodes(spec, graph):
        if _constant_value(node.weights["kernel"].initializer) == 0:
            yield Finding(option_path(spec, node, "kernel_initializer"), _message(node, "at 0"))


def equal_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers whose units have equal initial weights other than 0."""
    for node in _hidden_nodes(spec, graph):
        weight = node.weights["kernel"]
        value, where = (
            _constant_value(weight.initializer),
            option_path(spec, node, "kernel_initializer"),
        )
        if weight.shape[-1] == 1 or value == 0:
            continue
        if value is not None:
            yield Finding(where, _message(node, f"at {value:g} everywhere"))
        elif (
            isinstance(weight.initializer, LiteralInitializer)
            and weight.initializer.units_are_equal
        ):
            yield Finding(where, _message(node, "with equal neurons"))


def _hidden_nodes(spec: Spec, graph: Graph) -> Sequence[Node]:
    """The nodes with a kernel that another one follows; units of the last differ in their targets.

    A single layer is excluded too: linear and logistic regression have a convex loss. So is the
    end of a path that is merged with others, as in a residual block: their values differ.
    """
    if not is_trained(spec):
        return ()
    trained = trained_graph(spec, graph)
    followed, merged = set[str](), set[str]()  # values that a kernel follows; that are merged
    found = []
    for node in reversed(trained.nodes):
        if has_kernel(node) and node.name in followed and node.name not in merged:
            found.append(node)
        if has_kernel(node) or node.name in followed:
            followed.update(node.inputs)
        if len(node.inputs) > 1 or (node.name in merged and node.layer.affine):
            merged.update(node.inputs)
    return found[::-1]


def _constant_value(initializer: Initializer) -> float | None:
    """The value of all initial weights if it is the same, else None."""
    if isinstance(initializer, Constant):
        return initializer.value
    if isinstance(initializer, LiteralInitializer):
        numbers = set(initializer.numbers())
        return numbers.pop() if len(numbers) == 1 else None
    return {"zeros": 0.0, "ones": 1.0}.get(initializer.kind)


def _message(node: Node, how: str) -> str:
    return f"the kernel of {layer_name(node)} starts {how}"
