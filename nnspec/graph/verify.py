"""Checks of a resolved graph against its spec: initial values, targets, expectations."""

from __future__ import annotations

from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, quoted
from nnspec.graph.build import preprocessed_specs
from nnspec.graph.infer import located
from nnspec.graph.ir import Graph, Node
from nnspec.options.component import Component
from nnspec.spec.document import Spec


def check_initializers(spec: Spec, graph: Graph) -> None:
    """Weights that start from written numbers must have as many of them."""
    problems = []
    for node in graph.nodes:
        for name, weight in node.weights.items():
            try:
                weight.initializer.check(f"{node.name}/{name}", weight.shape)
            except ShapeError as error:
                where = spec.locate(*node.path, *_option_with(weight.initializer, node))
                problems.append(Problem(error.message, where, error.hint, "shape"))
    if problems:
        raise SpecError(problems)


def _option_with(value: Component, node: Node) -> tuple[str, ...]:
    """The way from a node's written layer to the option that holds `value`."""
    return next(
        ((node.kind, name) for name, held in node.layer.options().items() if held is value), ()
    )


def check_expectations(spec: Spec) -> None:
    """Only figures that a run computes can be expected."""
    known = ["loss", *(metric.kind for metric in spec.metrics)]
    unknown = [
        Problem(
            f"expect: the run has no figure {quoted(name)}",
            spec.locate("expect", part, name),
            did_you_mean(name, known),
        )
        for part in ("train", "test")
        for name in getattr(spec.expect, part, ())
        if name not in known
    ]
    if unknown:
        raise SpecError(unknown)


def check_targets(spec: Spec, graph: Graph) -> None:
    """The loss and the metrics must fit the network's output and the prepared targets."""
    _, targets = preprocessed_specs(spec)
    if targets is None:
        return
    shapes = graph.output_shape, targets.shape
    if spec.loss:
        located(spec, ("loss",), spec.loss.check, *shapes)
    for index, metric in enumerate(spec.metrics):
        located(spec, ("metrics", index), metric.check, *shapes)
