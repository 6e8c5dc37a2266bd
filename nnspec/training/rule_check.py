"""The check, before anything is built, that every component of a spec has its rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from nnspec.backends import discovery
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.sources.synthetic import Synthetic
from nnspec.compute import ComputeConfig
from nnspec.data.registry import FUNCTIONS, SOURCES, TRANSFORMS
from nnspec.errors import BackendError, Problem
from nnspec.graph.ir import Graph
from nnspec.options.component import Component
from nnspec.options.rules import Rules
from nnspec.randomness.registry import INITIALIZERS
from nnspec.spec.document import Spec

Path = tuple[str | int, ...]


def check_rules(spec: Spec, graph: Graph, compute: ComputeConfig) -> None:
    """Raise BackendError with each component that has no rule, each at its place in the spec."""
    problems = [*_on_backend(spec, graph, compute.backend), *_on_host(spec, graph)]
    if problems:
        raise BackendError(dict.fromkeys(problems))


def _on_backend(spec: Spec, graph: Graph, name: str) -> Iterator[Problem]:
    """Layers, loss, metrics and optimizer."""
    backend = discovery.find(name)
    for path, component in _components(spec, graph):
        if not backend.supports(component):
            what = f"the {component.family} {component.kind!r}"
            yield Problem(f"the {backend.name} backend has no rule for {what}", spec.locate(*path))
    if spec.optimizer and not isinstance(spec.optimizer, Optimizer | LeastSquares):
        message = f"{spec.optimizer.kind} is neither an Optimizer nor least_squares"
        yield Problem(message, spec.locate("optimizer"), "derive its class from Optimizer")


def _components(spec: Spec, graph: Graph) -> Iterator[tuple[Path, Component]]:
    yield from ((node.path, node.layer) for node in graph.nodes)
    if spec.loss:
        yield ("loss",), spec.loss
    yield from ((("metrics", index), metric) for index, metric in enumerate(spec.metrics))
    if isinstance(spec.optimizer, Optimizer):
        yield ("optimizer",), spec.optimizer


def _on_host(spec: Spec, graph: Graph) -> Iterator[Problem]:
    """Initializers, and what reads and prepares the data: NumPy's, whatever the backend."""
    lacks = partial(_lacks, spec)
    for node in graph.nodes:
        for weight in node.weights.values():
            yield from lacks(INITIALIZERS, weight.initializer, node.path)
    if spec.data is None:
        return
    source = spec.data.source
    yield from lacks(SOURCES, source, ("data", "source"))
    if isinstance(source, Synthetic):
        yield from lacks(FUNCTIONS, source.function, ("data", "source"))
    for side in ("inputs", "targets"):
        for index, step in enumerate(getattr(spec.data, side)):
            yield from lacks(TRANSFORMS, step, ("data", side, index))


def _lacks(spec: Spec, rules: Rules[Any], component: Component, path: Path) -> Iterator[Problem]:
    if component not in rules:
        yield Problem(rules.missing(component), spec.locate(*path))
