"""Specs of trials: the document with the values of a trial; checks of the `tune` section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.graph.objectives import Objective, lower_is_better, objectives, reported_names
from nnspec.language.located import key_place
from nnspec.spec.document import Spec
from nnspec.spec.loader import unresolved
from nnspec.spec.tune import Tune
from nnspec.training.data_shapes import compile_with_data

Direction = Literal["maximize", "minimize"]


def trial_spec(spec: Spec, values: Mapping[str, Any]) -> Spec:
    """The spec of a trial: the document with `values` at dotted paths, without `tune`.

    Raises SpecError, at the parameter in the `tune` section, if a path does not exist.
    """
    return unresolved(spec).having(values, partial(_parameter_span, spec)).spec().replace(tune=None)


def validate_tune(spec: Spec) -> Tune:
    """The `tune` section, with its metric and parameters checked.

    Raises SpecError listing every mistake with its place; a value with which the spec does not
    compile is one.
    """
    if spec.tune is None:
        hint = "add tune: {parameters: {optimizer.sgd.learning_rate: [0.01, 0.1, 1]}}"
        raise SpecError(Problem("the spec has no tune section", spec.place_of_missing(), hint))
    problems = [*_metric_problems(spec, spec.tune)]
    for path in spec.tune.parameters:
        problems += _parameter_problems(spec, spec.tune, path)
    if problems:
        raise SpecError(dict.fromkeys(problems))
    return spec.tune


def metric_name(spec: Spec, tune: Tune) -> str:
    """The metric to optimize: that of the section, the spec's first metric, or the loss."""
    metrics = [metric.name for objective in _objectives(spec) for metric in objective.metrics]
    return tune.metric or next(iter(metrics), "loss")


def metric_direction(spec: Spec, metric: str) -> Direction:
    """Minimize a loss or a metric that is better when lower, maximize any other metric."""
    return "minimize" if lower_is_better(_objectives(spec)).get(metric, True) else "maximize"


def _objectives(spec: Spec) -> tuple[Objective, ...]:
    return objectives(spec, compile_with_data(spec))


def _metric_problems(spec: Spec, tune: Tune) -> Iterator[Problem]:
    """A problem if the metric is not one that a run computes."""
    known = reported_names(_objectives(spec))
    metric = metric_name(spec, tune)
    if metric not in known:
        message, hint = f"tune: the run has no figure {quoted(metric)}", did_you_mean(metric, known)
        yield Problem(message, spec.locate("tune", "metric"), hint)


def _parameter_problems(spec: Spec, tune: Tune, path: str) -> list[Problem]:
    """Compile the spec with a parameter's end values; problems if that fails or changes nothing."""
    where = _parameter_span(spec, path)
    specs = []
    for value in tune.parameters[path].ends():
        try:
            specs.append(trial_spec(spec, {path: value}).replace(name=spec.name, expect=None))
            compile_with_data(specs[-1])
        except SpecError as error:
            return [_located_problem(problem, path, value, where) for problem in error.problems]
    if len(specs) > 1 and all(one == specs[0] for one in specs):
        return [Problem(f"tune: {path} changes nothing in the network or its training", where)]
    return []


def _parameter_span(spec: Spec, path: str) -> SourceSpan:
    """The source span of a parameter's path in the `tune` section."""
    root = unresolved(spec).root
    return key_place(root, ("tune", "parameters", path)) or root.place


def _located_problem(problem: Problem, path: str, value: Any, where: SourceSpan) -> Problem:
    """A problem of a trial's spec as one at the parameter, with path and value."""
    message = f"tune: with {path} = {quoted(value)}: {problem.message}"
    return Problem(message, where, problem.hint, problem.code)
