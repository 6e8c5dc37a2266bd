"""Checks of a spec against its graph: weights, losses, metrics, expectations."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from nnspec.components.constraints.base import Constraint
from nnspec.components.initializers.base import Initializer
from nnspec.components.layers.base import Weight
from nnspec.components.regularizers.base import Regularizer
from nnspec.errors import Problem, ShapeError, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Graph, Node, Side
from nnspec.graph.network_inputs import data_place, preprocessed_tensor_specs
from nnspec.graph.objectives import Objective, loss_names, output_metrics
from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec
from nnspec.spec.expect import PARTS, Bounds, Figure


def check_weights(spec: Spec, graph: Graph) -> None:
    """Raise SpecError if a component of a weight does not fit the weight's shape."""
    problems = []
    for node in graph.nodes:
        for name, weight in node.weights.items():
            for component in _shaped(weight):
                try:
                    component.check(f"{node.name}/{name}", weight.shape)
                except ShapeError as error:
                    where = spec.locate(*node.path, *option_path(component, node), *error.path)
                    problems.append(Problem(error.message, where, error.hint, "shape"))
    if problems:
        raise SpecError(problems)


def _shaped(weight: Weight) -> Iterator[Initializer | Regularizer | Constraint]:
    """What must fit the shape of a weight."""
    yield weight.initializer
    if weight.regularizer:
        yield weight.regularizer
    if weight.constraint:
        yield weight.constraint


def option_path(component: Component, node: Node) -> tuple[str, ...]:
    """The path from a node's layer to its option whose value is `component`."""
    options = node.layer.options().items()
    return next(((node.kind, name) for name, value in options if value is component), ())


def check_expectations(spec: Spec, graph: Graph, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError if the spec expects a value that a run cannot report."""
    metrics = {m.name: m.metric for named in output_metrics(spec, graph).values() for m in named}
    ranges = {name: metric.result_range for name, metric in metrics.items()}
    least = min((each.loss.result_range[0] for each in objectives), default=0.0)
    known = dict.fromkeys(loss_names(objectives), (least, math.inf)) | ranges
    problems = [
        problem
        for split in PARTS
        for name, figure in getattr(spec.expect, split, {}).items()
        for problem in _wrong_expectation(spec, split, name, figure, known)
    ]
    if problems:
        raise SpecError(problems)


def _wrong_expectation(
    spec: Spec, split: str, name: str, figure: Figure, known: Mapping[str, tuple[float, float]]
) -> Iterator[Problem]:
    """A problem where no run reports the figure, or not such a value."""
    if name not in known:
        place = spec.locate_key("expect", split, name)
        hint = did_you_mean(name, list(known))
        yield Problem(f"expect: the run has no figure {quoted(name)}", place, hint)
        return
    bounds = figure.options() if isinstance(figure, Bounds) else {"": figure}
    for option, value in bounds.items():
        if value is not None:
            place = spec.locate("expect", split, name, *filter(None, [option]))
            yield from _impossible_value(name, value, known[name], place)


def _impossible_value(
    name: str, value: float, limits: tuple[float, float], place: SourceSpan | None
) -> Iterator[Problem]:
    """A problem where a figure never has a value."""
    low, high = limits
    if low <= value <= high:
        return
    limit = f"at least {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
    hint = f"write {value / 100:g} for {value:g} %" if high == 1 else ""
    yield Problem(f"expect: {name} is {limit}, never {value:g}", place, hint)


def check_targets(spec: Spec, graph: Graph, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError unless losses and metrics accept outputs and preprocessed targets."""
    targets = preprocessed_tensor_specs(spec).targets
    _check_target_names(spec, objectives, targets)
    losses = {objective.output: objective for objective in objectives}
    metrics = output_metrics(spec, graph)
    for output in losses or metrics:
        target = _target_of(output, losses or metrics, targets)
        if target is None:
            continue
        shapes = graph.specs[graph.outputs[output]].shape, target.shape
        if output in losses:
            with_location(spec, losses[output].path, losses[output].loss.check, *shapes)
        for metric in metrics.get(output, ()):
            with_location(spec, metric.path, metric.metric.check, *shapes)


def _target_of(output: str, outputs: Collection[str], targets: Side) -> TensorSpec | None:
    """The target of an output: that of its name, or the only one of the only output."""
    if len(targets) == len(outputs) == 1:
        return next(iter(targets.values()))
    return targets.get(output)


def _check_target_names(spec: Spec, objectives: tuple[Objective, ...], targets: Side) -> None:
    """Raise SpecError unless the data have a target for each output with a loss, and no other.

    The name of the only target matters only where the network names its outputs.
    """
    names = [objective.output for objective in objectives]
    given = [name for name in targets if name]
    is_free = spec.network.outputs is None or not given
    if not (names and targets) or (len(names) == len(targets) == 1 and is_free):
        return
    problems = [
        Problem(
            f"no output with a loss is called {quoted(name)}",
            data_place(spec, "targets", name),
            did_you_mean(name, names),
        )
        for name in given
        if name not in names
    ]
    problems = problems or [
        Problem(
            f"the data have no target {quoted(objective.output)}",
            spec.locate(*objective.path),
            did_you_mean(objective.output, given) if given else "they have one without a name",
        )
        for objective in objectives
        if objective.output not in given
    ]
    if problems:
        raise SpecError(problems)
