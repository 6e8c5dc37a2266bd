"""Checks of prepared targets against the losses and metrics that get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.components.targets import TargetValues
from nnspec.data.invalid_values import first_index
from nnspec.data.located_errors import located
from nnspec.data.row_origin import RowOrigin, more_rows
from nnspec.errors import DataError, Problem
from nnspec.graph.ir import Graph, Path
from nnspec.graph.objectives import Objective
from nnspec.options.types import Shape
from nnspec.spec.document import Spec
from nnspec.training.row_places import last_step, number_place, source_name
from nnspec.training.target_rules import RULES, LossOrMetric

_MAX_SHOWN = 8  # numbers of a row in a message


class Targets(NamedTuple):
    """The prepared targets of an output, where they come from, and a row of the output."""

    array: Array
    origin: RowOrigin
    name: str  # of the output
    output: Shape

    @property
    def classes(self) -> int:
        """The size of the output's last axis."""
        return self.output[-1] if self.output else 1


def check_target(
    target: Array, origin: RowOrigin, spec: Spec, graph: Graph, objective: Objective
) -> None:
    """Raise DataError where the targets of an output do not fit its loss and its metrics."""
    shape = graph.specs[graph.outputs[objective.output]].shape
    targets = Targets(target, origin, objective.output, shape)
    for path, measure in _losses_and_metrics(objective):
        with located(spec.locate(*path) if origin.part else None):  # given rows are no spec's
            measure.check(shape, target.shape[1:])
            _check_values(targets, spec, measure, _values(targets, measure, objective))


def _losses_and_metrics(objective: Objective) -> Iterator[tuple[Path, LossOrMetric]]:
    """The loss and the metrics of an output, with their paths."""
    yield objective.path, objective.loss
    yield from ((metric.path, metric.metric) for metric in objective.metrics)


def _values(targets: Targets, measure: LossOrMetric, objective: Objective) -> TargetValues:
    """What a loss or metric takes; labels may be what the loss takes as a yes or no."""
    values = measure.target_values(targets.output, targets.array.shape[1:])
    wider = values == "labels" and objective.loss.targets in ("probabilities", "signs")
    return objective.loss.targets if wider else values


def _check_values(
    targets: Targets, spec: Spec, measure: LossOrMetric, values: TargetValues
) -> None:
    """Raise DataError, with the first row, where a loss or metric does not take the targets."""
    rule = RULES.get(values)
    if rule is None or not targets.array.size:
        return
    bad = rule.violations(targets.array, targets.classes)
    if not bad.any():
        return
    index, name = first_index(bad), source_name(spec, "targets", targets.name)
    needs = rule.needs.format(last=targets.classes - 1)
    found = f"{targets.origin.cell(name, index)} is {_shown(targets.array[index])}"
    steps = last_step(spec, "targets", targets.name)
    message = f"{measure.kind} needs {needs}, and {found}{' after its steps' if steps else ''}"
    own = number_place(spec, targets.origin, "targets", targets.name, index)
    hint = rule.hint_for(targets.array, targets.origin.part, measure)
    place = spec.locate(*steps) if steps and targets.origin.part else own
    others = int(bad.reshape(len(bad), -1).any(axis=1).sum()) - 1
    raise DataError(Problem(f"{message}{more_rows(others)}", place, hint))


def _shown(value: Array) -> str:
    """A target as a message shows it."""
    numbers = [f"{number:.12g}" for number in value.ravel()[:_MAX_SHOWN].tolist()]
    if not value.ndim:
        return numbers[0]
    more = [] if value.size <= _MAX_SHOWN else ["..."]
    return f"[{', '.join([*numbers, *more])}]"
