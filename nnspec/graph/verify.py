"""The verify pass: the graph is consistent, and initializers, losses, metrics, `expect` fit it."""

from __future__ import annotations

from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, quoted
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Graph, Node
from nnspec.graph.network_inputs import preprocessed_tensor_specs
from nnspec.graph.objectives import Objective, reported_names
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


def check_expectations(spec: Spec, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError if the spec expects a value that a run does not report."""
    known = reported_names(objectives)
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
    for objective in objectives:
        target = targets.get(objective.output, targets.get(""))
        if target is None:
            continue
        shapes = graph.specs[graph.outputs[objective.output]].shape, target.shape
        with_location(spec, objective.path, objective.loss.check, *shapes)
        for metric in objective.metrics:
            with_location(spec, metric.path, metric.metric.check, *shapes)


def verify(graph: Graph) -> Graph:
    """The graph itself; raises ValueError where a pass left it inconsistent.

    Every value that is read is given before, names are unique, and the specs of inputs are those of
    the values. A failure is a mistake in a pass, never in a spec.
    """
    specs = dict(graph.inputs)
    for node in graph.nodes:
        for value, spec in zip(node.inputs, node.input_specs, strict=True):
            if specs.get(value) != spec:
                raise ValueError(
                    f"{node.name} reads {value} as {spec}, and it is {specs.get(value)}"
                )
        if not specs.keys().isdisjoint(node.outputs):
            raise ValueError(f"two nodes are called {node.name}")
        specs.update(zip(node.outputs, node.output_specs, strict=True))
    missing = [value for value in graph.outputs.values() if value not in specs]
    if missing:
        raise ValueError(f"no node gives the output {missing[0]}")
    return graph
