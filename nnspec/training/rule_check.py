"""Check that every component of a spec has an implementation rule, before a program is built."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from nnspec.backends import discovery
from nnspec.backends.contract import TrainingSetup, device_metrics
from nnspec.backends.fused_losses import fuse_losses
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.optimizers.sgd import SGD
from nnspec.components.sources.synthetic import Synthetic
from nnspec.components.sources.tables import TableSource
from nnspec.compute import ComputeConfig
from nnspec.data.registry import AUGMENTATIONS, FUNCTIONS, SOURCES, TABLES, TRANSFORMS
from nnspec.errors import BackendError, Problem
from nnspec.graph.augmentation import augmentation_steps
from nnspec.graph.checks import option_path
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.graph.objectives import Objective, objectives
from nnspec.options.component import Component
from nnspec.options.rules import Rules
from nnspec.options.shapes import format_shape
from nnspec.options.unknown_size import has_unknown
from nnspec.randomness.initializer_rules import INITIALIZERS
from nnspec.spec.data_steps import step_lists
from nnspec.spec.document import Spec
from nnspec.training.behaviour.trained_model import BEHAVIOUR

Path = tuple[str | int, ...]


def check_rules(spec: Spec, graph: Graph, compute: ComputeConfig) -> None:
    """Raise BackendError unless the sizes of inputs are known and each component has a rule.

    It lists each with its place in the spec.
    """
    problems = [
        *_open_sizes(spec, graph),
        *_backend_problems(spec, graph, compute.backend),
        *_solver_problems(spec),
        *_host_problems(spec, graph),
        *_augmentation_problems(spec),
        *_behaviour_problems(spec),
    ]
    if problems:
        raise BackendError(dict.fromkeys(problems))


def _open_sizes(spec: Spec, graph: Graph) -> Iterator[Problem]:
    """Inputs with a size that neither the spec nor the data tell: a program computes with it."""
    for name, found in graph.inputs.items():
        if has_unknown(found.shape):
            named = spec.network.inputs is not None
            path = ("inputs", name, "shape") if named else ("input_shape",)
            message = f"a row of {name} is {format_shape(found.shape)}, and no data tell its sizes"
            hint = "write a number for null"
            yield Problem(message, spec.locate("network", *path), hint)


def _backend_problems(spec: Spec, graph: Graph, name: str) -> Iterator[Problem]:
    """Layers, losses, metrics and optimizer without a rule on the backend."""
    rules = discovery.find(name).rules
    if rules is None:
        return
    lowered = lower(graph, lambda layer: not rules.problem(layer))
    targets = objectives(spec, graph)
    for path, component in _components(spec, lowered, targets):
        message = rules.problem(component)
        if message:
            yield Problem(message, spec.locate(*path))
    fused = fuse_losses(lowered, TrainingSetup(targets, SGD())).activations
    for objective in targets:
        if objective.output in fused:
            path = objective.path
            yield from _missing_rule(spec, rules.losses_from_logits, objective.loss, path)


def _components(
    spec: Spec, graph: Graph, targets: tuple[Objective, ...]
) -> Iterator[tuple[Path, Component]]:
    """The components that a backend implements, each with its path in the spec."""
    yield from ((node.path, node.layer) for node in graph.nodes)
    for objective in targets:
        yield objective.path, objective.loss
        yield from ((metric.path, metric.metric) for metric in device_metrics(objective))
    if isinstance(spec.optimizer, Optimizer):
        yield ("optimizer",), spec.optimizer


def _solver_problems(spec: Spec) -> Iterator[Problem]:
    """An optimizer that neither updates by gradients nor is the closed form."""
    if spec.optimizer and not isinstance(spec.optimizer, Optimizer | LeastSquares):
        message = f"{spec.optimizer.kind} is neither an Optimizer nor least_squares"
        yield Problem(message, spec.locate("optimizer"), "derive its class from Optimizer")


def _host_problems(spec: Spec, graph: Graph) -> Iterator[Problem]:
    """Initializers, sources and transforms without a rule; NumPy computes them on any backend."""
    missing = partial(_missing_rule, spec)
    for node in graph.nodes:
        for weight in node.weights.values():
            path = (*node.path, *option_path(weight.initializer, node))
            yield from missing(INITIALIZERS, weight.initializer, path)
    if spec.data is None:
        return
    source = spec.data.source
    rules: Rules[Any] = TABLES if isinstance(source, TableSource) else SOURCES
    yield from missing(rules, source, ("data", "source"))
    if isinstance(source, Synthetic):
        yield from missing(FUNCTIONS, source.function, ("data", "source"))
    for side in ("inputs", "targets"):
        for lists in step_lists(getattr(spec.data, side), ("data", side)).values():
            for path, step in (located for one in lists for located in one.located):
                yield from missing(TRANSFORMS, step, path)


def _augmentation_problems(spec: Spec) -> Iterator[Problem]:
    """Augmentation steps without a rule; NumPy computes them on any backend."""
    for path, step in augmentation_steps(spec):
        yield from _missing_rule(spec, AUGMENTATIONS, step, path)


def _behaviour_problems(spec: Spec) -> Iterator[Problem]:
    """Expected behaviour without a rule; NumPy tests it on any backend."""
    for number, behaviour in enumerate(spec.expect.behaviour if spec.expect else ()):
        yield from _missing_rule(spec, BEHAVIOUR, behaviour, ("expect", "behaviour", number))
        for index, step in enumerate(getattr(behaviour, "augment", ())):
            path = ("expect", "behaviour", number, behaviour.kind, "augment", index)
            yield from _missing_rule(spec, AUGMENTATIONS, step, path)


def _missing_rule(
    spec: Spec, rules: Rules[Any], component: Component, path: Path
) -> Iterator[Problem]:
    """A problem at `path` if `rules` has none for the component."""
    message = rules.problem(component)
    if message:
        yield Problem(message, spec.locate(*path))
