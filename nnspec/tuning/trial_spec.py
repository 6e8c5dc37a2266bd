"""The specs that a `tune` section stands for: the document with other values of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

from nnspec.components.metrics.base import Metric
from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.graph.compile import compile_spec
from nnspec.language.located import key_place
from nnspec.spec.document import Spec
from nnspec.spec.loader import unresolved
from nnspec.spec.tune import Tune

Direction = Literal["maximize", "minimize"]


def trial_spec(spec: Spec, values: Mapping[str, Any]) -> Spec:
    """The spec with other values at dotted paths, compiled from its document like any spec.

    It has no `tune` section. Raises SpecError, at the path's place in that section, where a path
    leads nowhere.
    """
    return unresolved(spec).having(values, partial(_place, spec)).spec().replace(tune=None)


def checked_tune(spec: Spec) -> Tune:
    """The section, once each of its parameters is known to be one and its metric to be computed.

    Raises SpecError with every mistake, each with its place; a value with which the network
    cannot be compiled is one.
    """
    if spec.tune is None:
        hint = "add tune: {parameters: {optimizer.sgd.learning_rate: [0.01, 0.1, 1]}}"
        raise SpecError(Problem("the spec has no tune section", hint=hint))
    problems = [*_metric_problems(spec, spec.tune)]
    for path in spec.tune.parameters:
        problems += _parameter_problems(spec, spec.tune, path)
    if problems:
        raise SpecError(dict.fromkeys(problems))
    return spec.tune


def metric_of(spec: Spec, tune: Tune) -> str:
    """The figure that is compared."""
    first = spec.metrics[0].kind if spec.metrics else "loss"
    return tune.metric or first


def direction_of(spec: Spec, metric: str) -> Direction:
    """A loss is minimized, any other metric maximized."""
    higher = {one.kind for one in spec.metrics if isinstance(one, Metric)}
    return "maximize" if metric in higher else "minimize"


def _metric_problems(spec: Spec, tune: Tune) -> Iterator[Problem]:
    known = ["loss", *(metric.kind for metric in spec.metrics)]
    metric = metric_of(spec, tune)
    if metric not in known:
        message, hint = f"tune: the run has no figure {quoted(metric)}", did_you_mean(metric, known)
        yield Problem(message, spec.locate("tune", "metric"), hint)


def _parameter_problems(spec: Spec, tune: Tune, path: str) -> list[Problem]:
    """What is wrong with a parameter by itself."""
    where = _place(spec, path)
    specs = []
    for value in tune.parameters[path].ends():
        try:
            specs.append(trial_spec(spec, {path: value}).replace(name=spec.name, expect=None))
            compile_spec(specs[-1])
        except SpecError as error:
            return [_told(problem, path, value, where) for problem in error.problems]
    if len(specs) > 1 and all(one == specs[0] for one in specs):
        return [Problem(f"tune: {path} changes nothing in the network or its training", where)]
    return []


def _place(spec: Spec, path: str) -> SourceSpan:
    """Where the name of a parameter is written."""
    root = unresolved(spec).root
    return key_place(root, ("tune", "parameters", path)) or root.place


def _told(problem: Problem, path: str, value: Any, where: SourceSpan) -> Problem:
    """A problem of a variant, which is not one of the spec as it is written."""
    message = f"tune: with {path} = {quoted(value)}: {problem.message}"
    return Problem(message, where, problem.hint, problem.code)
