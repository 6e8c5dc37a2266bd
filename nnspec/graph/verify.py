"""The verify pass: check initializers, targets, loss, metrics and `expect` against the graph."""

from __future__ import annotations

from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, quoted
from nnspec.graph.build import preprocessed_tensor_specs
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Graph, Node
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


def check_metrics(spec: Spec) -> None:
    """Raise SpecError where a kind of metric stands twice: each is reported under its kind."""
    kinds = [metric.kind for metric in spec.metrics]
    problems = [
        Problem(f"the metric {kind} stands twice", spec.locate("metrics", index), "name it once")
        for index, kind in enumerate(kinds)
        if kind in kinds[:index]
    ]
    if problems:
        raise SpecError(problems)


def check_expectations(spec: Spec) -> None:
    """Raise SpecError if the spec expects a metric that a run does not compute."""
    known = ["loss", *(metric.kind for metric in spec.metrics)]
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


def check_targets(spec: Spec, graph: Graph) -> None:
    """Raise SpecError unless loss and metrics accept the output and the preprocessed targets."""
    _, targets = preprocessed_tensor_specs(spec)
    if targets is None:
        return
    shapes = graph.output_shape, targets.shape
    if spec.loss:
        with_location(spec, ("loss",), spec.loss.check, *shapes)
    for index, metric in enumerate(spec.metrics):
        with_location(spec, ("metrics", index), metric.check, *shapes)
