"""What is minimized and measured at each output of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.graph.ir import Graph, Path
from nnspec.spec.document import Spec


class NamedMetric(NamedTuple):
    """A metric, the name under which it is reported, and its path in the spec."""

    name: str
    metric: Metric | Loss
    path: Path = ()


class Objective(NamedTuple):
    """The loss of an output, its weight in the total, and its metrics."""

    output: str  # name of the output
    loss: Loss
    weight: float = 1.0
    metrics: tuple[NamedMetric, ...] = ()
    path: Path = ("loss",)  # of the loss in the spec


def objectives(spec: Spec, graph: Graph) -> tuple[Objective, ...]:
    """The objectives of a spec, in the order of the outputs; empty if it has no loss.

    Raises SpecError where losses, weights or metrics do not name the network's outputs, and where
    two values would be reported under one name.
    """
    losses: Mapping[str, Loss] = _by_output(spec, graph, "loss", spec.loss)
    metrics, weights = output_metrics(spec, graph), spec.loss_weights or {}
    _check_names(spec, graph, "loss_weights", weights, list(losses))
    _check_names(spec, graph, "metrics", metrics, list(losses) or list(graph.outputs))
    made = tuple(
        Objective(
            output,
            losses[output],
            weights.get(output, 1.0),
            metrics.get(output, ()),
            _path(spec.loss, "loss", output),
        )
        for output in graph.outputs
        if output in losses
    )
    _check_unique(spec, made)
    return made


def output_metrics(spec: Spec, graph: Graph) -> Mapping[str, tuple[NamedMetric, ...]]:
    """The metrics of each output that has any."""
    metrics = _by_output(spec, graph, "metrics", spec.metrics or None)
    return {output: _named_metrics(spec, graph, output, each) for output, each in metrics.items()}


def only_loss(spec: Spec) -> Loss | None:
    """The loss of a spec with one loss, be it written with the name of its output or without."""
    if not isinstance(spec.loss, Mapping):
        return spec.loss
    return next(iter(spec.loss.values())) if len(spec.loss) == 1 else None


def loss_names(objectives: tuple[Objective, ...]) -> tuple[str, ...]:
    """Names of the reported losses: the total and, of several outputs, `output_loss` of each."""
    several = objectives if len(objectives) > 1 else ()
    return ("loss", *(f"{objective.output}_loss" for objective in several))


def reported_names(objectives: tuple[Objective, ...]) -> tuple[str, ...]:
    """Names of the values that training reports: the losses, then the metrics."""
    metrics = (metric.name for objective in objectives for metric in objective.metrics)
    return (*loss_names(objectives), *metrics)


def lower_is_better(objectives: tuple[Objective, ...]) -> dict[str, bool]:
    """The reported names, each with whether a lower value is better: so it is for every loss."""
    higher = {
        metric.name
        for objective in objectives
        for metric in objective.metrics
        if isinstance(metric.metric, Metric) and not metric.metric.lower_is_better
    }
    return {name: name not in higher for name in reported_names(objectives)}


def _by_output(spec: Spec, graph: Graph, key: str, value: Any) -> Mapping[str, Any]:
    """What a section says of each output; that of the only output may stand without its name."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        _check_names(spec, graph, key, value, list(graph.outputs))
        return value
    if len(graph.outputs) > 1:
        names = ", ".join(f"{name}: ..." for name in graph.outputs)
        message = f"the network has {len(graph.outputs)} outputs; say which {key} each has"
        raise SpecError(Problem(message, spec.locate(key), f"write {key}: {{{names}}}"))
    return {next(iter(graph.outputs)): value}


def _check_names(
    spec: Spec, graph: Graph, key: str, given: Mapping[str, object], known: list[str]
) -> None:
    """Raise SpecError for a name that is none of the known outputs."""
    problems = [
        Problem(_unknown(name, graph), spec.locate_key(key, name), did_you_mean(name, known))
        for name in given
        if name not in known
    ]
    if problems:
        raise SpecError(problems)


def _unknown(name: str, graph: Graph) -> str:
    if name in graph.outputs:
        return f"the output {quoted(name)} has no loss"
    return f"the network has no output {quoted(name)}"


def _path(section: object, key: str, *steps: str | int) -> Path:
    """The path of a part of a section, which has names only if it is a map."""
    return (key, *steps) if isinstance(section, Mapping) else (key, *steps[1:])


def _named_metrics(
    spec: Spec, graph: Graph, output: str, metrics: tuple[Metric, ...]
) -> tuple[NamedMetric, ...]:
    """The metrics of an output: by their own name or their kind, numbered where it is taken."""
    prefix = f"{output}_" if len(graph.outputs) > 1 else ""
    given = [metric.name for metric in metrics if metric.name]
    taken, named = set(given), list[NamedMetric]()
    for index, metric in enumerate(metrics):
        name = metric.name or _free_name(metric.kind, taken)
        taken.add(name)
        named.append(
            NamedMetric(f"{prefix}{name}", metric, _path(spec.metrics, "metrics", output, index))
        )
    return tuple(named)


def _free_name(kind: str, taken: set[str]) -> str:
    """`accuracy`, `accuracy_1`, ...: the first that is not taken."""
    number, name = 0, kind
    while name in taken:
        number += 1
        name = f"{kind}_{number}"
    return name


def _check_unique(spec: Spec, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError where a metric has the name of another value, or a loss has a name."""
    names = reported_names(objectives)
    problems = [*_named_losses(spec, objectives), *_taken(spec, objectives, names)]
    if problems:
        raise SpecError(problems)


def _taken(
    spec: Spec, objectives: tuple[Objective, ...], names: tuple[str, ...]
) -> Iterator[Problem]:
    for objective in objectives:
        for metric in objective.metrics:
            if names.count(metric.name) > 1 or _is_column(metric.name, names):
                where = spec.locate(*metric.path, metric.metric.kind, "name")
                yield Problem(
                    f"the name {quoted(metric.name)} is taken", where, "name it otherwise"
                )


def _is_column(name: str, names: tuple[str, ...]) -> bool:
    """Whether a history has another column of this name: a validation's is `val_` and its name."""
    is_validation = name.startswith("val_") and name.removeprefix("val_") in names
    return is_validation or name in ("epoch", "seconds", "validation")


def _named_losses(spec: Spec, objectives: tuple[Objective, ...]) -> Iterator[Problem]:
    for objective in objectives:
        name = f"{objective.output}_loss"
        if name in reported_names(objectives) and _is_column(name, reported_names(objectives)):
            place = spec.locate(*objective.path)
            message = f"an output cannot be called {quoted(objective.output)}"
            yield Problem(message, place, f"{name} is the loss of the validation")
        if objective.loss.name is not None:
            where = spec.locate(*objective.path, objective.loss.kind, "name")
            yield Problem("only a metric has a name; the loss is reported as `loss`", where)
