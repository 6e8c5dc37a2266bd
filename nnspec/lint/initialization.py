"""Lint rules about initial weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.components.initializers.base import Initializer
from nnspec.components.initializers.constant import Constant
from nnspec.components.initializers.literal import LiteralInitializer
from nnspec.graph.ir import Graph, Node
from nnspec.lint.findings import Finding, is_trained, kernels, option_path
from nnspec.spec.document import Spec


def zero_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers whose kernel starts at 0."""
    for node in _hidden_kernels(spec, graph):
        if _only_value(node.weights["kernel"].initializer) == 0:
            yield Finding(option_path(spec, node, "kernel_initializer"), _starts(node, "at 0"))


def equal_start(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Hidden layers of several neurons that all start alike, though not at 0."""
    for node in _hidden_kernels(spec, graph):
        weight = node.weights["kernel"]
        value, where = (
            _only_value(weight.initializer),
            option_path(spec, node, "kernel_initializer"),
        )
        if weight.shape[-1] == 1 or value == 0:
            continue
        if value is not None:
            yield Finding(where, _starts(node, f"at {value:g} everywhere"))
        elif (
            isinstance(weight.initializer, LiteralInitializer)
            and weight.initializer.units_are_equal
        ):
            yield Finding(where, _starts(node, "with equal neurons"))


def _hidden_kernels(spec: Spec, graph: Graph) -> Sequence[Node]:
    """All but the last, which may start equal: its neurons differ in targets.

    So may linear and logistic regression, whose loss is convex.
    """
    return kernels(graph)[:-1] if is_trained(spec) else ()


def _only_value(start: Initializer) -> float | None:
    if isinstance(start, Constant):
        return start.value
    if isinstance(start, LiteralInitializer):
        numbers = set(start.numbers())
        return numbers.pop() if len(numbers) == 1 else None
    return {"zeros": 0.0, "ones": 1.0}.get(start.kind)


def _starts(node: Node, where: str) -> str:
    return f"the kernel of {node.origin} starts {where}"
