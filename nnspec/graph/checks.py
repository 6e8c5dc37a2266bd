"""Checks of a spec against its graph: initializers, losses, metrics, expectations."""

from __future__ import annotations

from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, quoted
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Graph, Node
from nnspec.graph.network_inputs import preprocessed_tensor_specs
from nnspec.graph.objectives import Objective, output_metrics, reported_names
from nnspec.options.component import Component
from nnspec.spec.document import Spec


def check_initializers(spec: Spec, graph: Graph) -> None:
    """Raise SpecError if a literal initializer does not have the shape of its weight."""
    problems = []
    for node in graph.nodes:
        for name, weight in node.weights.items():
            try:
                weight.initializer.check(f"{node.name}/{name}", weight.shape)
            except ShapeError as error:
                where = spec.locate(*node.path, *option_path(weight.initializer, node))
                problems.append(Problem(error.message, where, error.hint, "shape"))
    if problems:
        raise SpecError(problems)


def option_path(component: Component, node: Node) -> tuple[str, ...]:
    """The path from a node's layer to its option whose value is `component`."""
    options = node.layer.options().items()
    return next(((node.kind, name) for name, value in options if value is component), ())


def check_expectations(spec: Spec, graph: Graph, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError if the spec expects a value that a run does not report."""
    metrics = (m.name for named in output_metrics(spec, graph).values() for m in named)
    known = list(dict.fromkeys([*reported_names(objectives), *metrics]))
    unknown = [
        Problem(
            f"expect: the run has no figure {quoted(name)}",
            spec.locate("expect", split, name),
            did_you_mean(name, known),
        )
        for split in ("train", "test")
        for name in getattr(spec.expect, split, ())
        if name not in known
    ]
    if unknown:
        raise SpecError(unknown)


def check_targets(spec: Spec, graph: Graph, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError unless losses and metrics accept outputs and preprocessed targets."""
    targets = preprocessed_tensor_specs(spec).targets
    losses = {objective.output: objective for objective in objectives}
    metrics = output_metrics(spec, graph)
    for output, value in graph.outputs.items():
        target = targets.get(output, targets.get(""))
        if target is None:
            continue
        shapes = graph.specs[value].shape, target.shape
        if output in losses:
            with_location(spec, losses[output].path, losses[output].loss.check, *shapes)
        for metric in metrics.get(output, ()):
            with_location(spec, metric.path, metric.metric.check, *shapes)
