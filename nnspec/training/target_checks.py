"""Checks of prepared targets against the losses and metrics that get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.targets import TargetValues
from nnspec.data.invalid_values import first_index
from nnspec.data.located_errors import located
from nnspec.data.row_origin import RowOrigin
from nnspec.errors import DataError, Problem
from nnspec.graph.ir import Graph, Path
from nnspec.graph.objectives import Objective
from nnspec.options.types import Shape
from nnspec.spec.document import Spec
from nnspec.training.row_places import has_steps, number_place, source_name

SUM_TOLERANCE = 1e-3  # of a distribution, which may be written with three digits, or in float16
_MAX_SHOWN = 8  # numbers of a row in a message


class _Rule(NamedTuple):
    """What targets must be: in words, where they are not, and what to do about it."""

    needs: str
    violations: Callable[[Array, int], Array]  # (targets, classes) -> mask of rows or numbers
    hint: str
    metric_hint: str = ""  # of a metric that is no loss


def check_target(
    target: Array, origin: RowOrigin, spec: Spec, graph: Graph, objective: Objective
) -> None:
    """Raise DataError where the targets of an output do not fit its loss and its metrics."""
    output = graph.specs[graph.outputs[objective.output]].shape
    judges: list[tuple[Path, Loss | Metric]] = [(objective.path, objective.loss)]
    judges += [(metric.path, metric.metric) for metric in objective.metrics]
    for path, judge in judges:
        with located(spec.locate(*path) if origin.part else None):  # given rows are no spec's
            judge.check(output, target.shape[1:])
            values = judge.target_values(output, target.shape[1:])
            if values == "labels" and objective.loss.targets == "probabilities":
                values = "probabilities"  # the loss takes labels that are not certain
            rule = _RULES.get(values)
            if rule and target.size:
                _check_values(target, origin, spec, objective.output, judge, rule, output)


def _check_values(
    target: Array,
    origin: RowOrigin,
    spec: Spec,
    output: str,
    judge: Loss | Metric,
    rule: _Rule,
    shape: Shape,
) -> None:
    """Raise DataError, with the first row, where a loss or metric does not take the targets."""
    classes = shape[-1] if shape else 1
    bad = rule.violations(target, classes)
    if not bad.any():
        return
    index = first_index(bad)
    name = source_name(spec, "targets", output)
    found = f"{origin.cell(name, index)} is {_shown(target[index])}"
    needs = rule.needs.format(last=classes - 1)
    prepared = " after its steps" if has_steps(spec, "targets", name) else ""
    message = f"{judge.kind} needs {needs}, and {found}{prepared}{_others(bad)}"
    place = number_place(spec, origin, "targets", output, index)
    raise DataError(Problem(message, place, _hint(rule, judge)))


def _others(bad: Array) -> str:
    """How many rows there are besides the one that the message names."""
    others = int(bad.reshape(len(bad), -1).any(axis=1).sum()) - 1
    return f" (and {others:,} more row{'s' * (others > 1)})" if others else ""


def _hint(rule: _Rule, judge: Loss | Metric) -> str:
    """What to do about targets that a rule refuses."""
    return rule.hint if isinstance(judge, Loss) or not rule.metric_hint else rule.metric_hint


def _outside_probabilities(targets: Array, _: int) -> Array:
    return (targets < 0) | (targets > 1)


def _no_labels(targets: Array, _: int) -> Array:
    return (targets != 0) & (targets != 1)


def _no_distributions(targets: Array, _: int) -> Array:
    sums = targets.sum(axis=-1, dtype=np.float64)
    return (targets < 0).any(axis=-1) | (np.abs(sums - 1) > SUM_TOLERANCE)


def _no_class_numbers(targets: Array, classes: int) -> Array:
    return (targets != np.floor(targets)) | (targets < 0) | (targets >= classes)


_OF_CLASSES = "it counts right classes; of other numbers mean_squared_error is a metric"
_RULES: Mapping[TargetValues, _Rule] = {
    "probabilities": _Rule(
        "targets in [0, 1]", _outside_probabilities,
        "no is 0 and yes is 1; mean_squared_error takes any number", _OF_CLASSES,
    ),
    "labels": _Rule("targets that are 0 or 1", _no_labels, _OF_CLASSES),
    "distributions": _Rule(
        "targets of 0 or more that sum to 1", _no_distributions,
        "prepare class numbers with one_hot; where several classes may be on, take sigmoid and "
        "binary_crossentropy",
        "binary_accuracy counts each yes or no where several classes may be on",
    ),
    "class_numbers": _Rule(
        "a whole number from 0 to {last}", _no_class_numbers,
        "classes are numbered from 0; the last layer has an output for each",
    ),
}  # fmt: skip


def _shown(value: Array) -> str:
    """A target as a message shows it."""
    if not value.ndim:
        return f"{value:g}" if value.dtype.kind == "f" else str(value)
    numbers = [f"{number:g}" for number in value.ravel()[:_MAX_SHOWN]]
    more = [] if value.size <= _MAX_SHOWN else ["..."]
    return f"[{', '.join([*numbers, *more])}]"
