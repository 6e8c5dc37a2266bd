"""Lint rules about the loss and the learning rate."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.optimizers.base import Optimizer
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective, objectives
from nnspec.lint.findings import Finding, head
from nnspec.spec.document import Spec


def squared_loss(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A squared-error loss on a probability output (softmax, sigmoid)."""
    for objective in objectives(spec, graph):
        last = head(graph, objective.output)
        if objective.loss.squared_error and last and last.layer.probabilities:
            end = f"{_subject(graph, objective)} ends in {last.kind}"
            yield Finding(objective.path, f"{end}, and the loss is a squared error")


def output_activation(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A cross-entropy loss after another output activation than its own."""
    for objective in objectives(spec, graph):
        expected, last = objective.loss.fuses_with, head(graph, objective.output)
        found = "linear" if last is None or last.layer.affine else last.kind
        if expected and found != expected:
            end = f"{_subject(graph, objective)} ends in {found}"
            yield Finding(objective.path, f"{end}, and {objective.loss.kind} goes with {expected}")


def _subject(graph: Graph, objective: Objective) -> str:
    return "the network" if len(graph.outputs) == 1 else f"the output {objective.output}"


def learning_rate(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """An initial learning rate of 1 or more."""
    if isinstance(spec.optimizer, Optimizer) and spec.optimizer.rate(0) >= 1:
        where = ("optimizer", spec.optimizer.kind, "learning_rate")
        yield Finding(where, f"the learning rate starts at {spec.optimizer.rate(0):g}")
