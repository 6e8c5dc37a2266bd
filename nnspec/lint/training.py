"""Lint rules about the loss and the learning rate."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.optimizers.base import Optimizer
from nnspec.graph.ir import Graph
from nnspec.lint.findings import Finding, last_kind, last_node
from nnspec.spec.document import Spec


def squared_loss(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A squared-error loss on a probability output (softmax, sigmoid)."""
    last = last_node(graph)
    if spec.loss and spec.loss.squared_error and last and last.layer.probabilities:
        message = f"the network ends in {last.kind}, and the loss is a squared error"
        yield Finding(("loss",), message)


def output_activation(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A cross-entropy loss after another output activation than its own."""
    expected, last = spec.loss and spec.loss.fuses_with, last_kind(graph)
    if spec.loss and expected and last != expected:
        message = f"the network ends in {last}, and {spec.loss.kind} goes with {expected}"
        yield Finding(("loss",), message)


def learning_rate(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """An initial learning rate of 1 or more."""
    if isinstance(spec.optimizer, Optimizer) and spec.optimizer.rate(0) >= 1:
        where = ("optimizer", spec.optimizer.kind, "learning_rate")
        yield Finding(where, f"the learning rate starts at {spec.optimizer.rate(0):g}")
