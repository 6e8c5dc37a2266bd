"""The verify pass: the graph is consistent, and initializers, losses, metrics, `expect` fit it."""

from __future__ import annotations

from nnspec.errors import Problem, ShapeError, SpecError, did_you_mean, quoted
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Graph, Node
from nnspec.graph.network_inputs import Side, data_place, preprocessed_tensor_specs
from nnspec.graph.objectives import Objective, reported_names
from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec
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
    _check_target_names(spec, objectives, targets)
    for objective in objectives:
        target = _target_of(objective, objectives, targets)
        if target is None:
            continue
        shapes = graph.specs[graph.outputs[objective.output]].shape, target.shape
        with_location(spec, objective.path, objective.loss.check, *shapes)
        for metric in objective.metrics:
            with_location(spec, metric.path, metric.metric.check, *shapes)


def _target_of(
    objective: Objective, objectives: tuple[Objective, ...], targets: Side
) -> TensorSpec | None:
    """The target of an output: that of its name, or the only one of the only output."""
    if len(targets) == len(objectives) == 1:
        return next(iter(targets.values()))
    return targets.get(objective.output)


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
