"""Advice on what only the data show: classes that a part lacks, targets out of the output's range.

The reasons stand in `nnspec.spec.advice`; the spec's `silence` lists codes to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.components.sources.files import FileSource
from nnspec.components.targets import are_numbers
from nnspec.data.dataset import PreparedRows, PreparedSplits
from nnspec.errors import DataError, Problem
from nnspec.graph.class_weights import class_names, class_weights, oversampled_output
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective, objectives
from nnspec.lint.findings import Finding, head
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec
from nnspec.training.split_path import split_path

_MAX_LISTED = 5  # classes in a message
_UNLIKELY = 0.01
_RARE = 0.05  # of the training rows; of many classes, half of an equal share
_ENOUGH = 20  # rows of an equal share, which chance does not halve
_ACCURACIES = {"accuracy", "binary_accuracy"}


class OutputTargets(NamedTuple):
    """What a rule looks at: an output of a network, and its targets in each part of the data."""

    spec: Spec
    graph: Graph
    objective: Objective
    targets: dict[str, Array]


Rule = Callable[[OutputTargets], Iterator[Finding]]


def data_advice(spec: Spec, graph: Graph, splits: PreparedSplits) -> list[Problem]:
    """Advice on the prepared rows of all parts of a spec's data."""
    outputs = output_targets(spec, graph, splits)
    return [
        Problem(message, spec.locate(*path), REASONS[code], code, ADVICE)
        for code, rule in DATA_RULES.items()
        if code not in spec.silence
        for output in outputs
        for path, message in rule(output)
    ]


def output_targets(spec: Spec, graph: Graph, splits: PreparedSplits) -> list[OutputTargets]:
    """The outputs that have a loss, each with its targets in all parts."""
    trained = objectives(spec, graph)
    parts = {rows.origin.part: rows for rows in splits.parts() if rows.rows}
    return [OutputTargets(spec, graph, one, _targets(parts, one, trained)) for one in trained]


def check_single_class(spec: Spec, graph: Graph, splits: PreparedSplits) -> None:
    """Raise DataError where all rows of a file are of one class, unless it is silenced."""
    code = "one-class"
    if not isinstance(spec.data and spec.data.source, FileSource) or code in spec.silence:
        return
    for output in output_targets(spec, graph, splits):
        for path, message in one_class(output):
            hint = f"{REASONS[code]}, or write silence: [{code}]"
            raise DataError(Problem(message, spec.locate(*path), hint, code))


def _targets(
    parts: dict[str, PreparedRows], objective: Objective, trained: tuple[Objective, ...]
) -> dict[str, Array]:
    """The targets of an output in each part."""
    names = [each.output for each in trained]
    return {part: named(rows.targets, names)[objective.output] for part, rows in parts.items()}


def one_class(given: OutputTargets) -> Iterator[Finding]:
    """Rows that are all of one class, in all parts."""
    found = (_classes(array, given.objective) for array in given.targets.values())
    classes = set().union(*found)
    if len(classes) == 1 and len(given.targets["training"]) > 1:
        yield Finding(("data", "source"), f"all rows are of {_listed(classes)}")


def missing_classes(given: OutputTargets) -> Iterator[Finding]:
    """Classes that training rows have and those of another part lack, or the other way round."""
    targets = given.targets
    classes = {part: _classes(array, given.objective) for part, array in targets.items()}
    training = classes.get("training", set())
    for part, found in classes.items():
        path = split_path(given.spec, part)
        if found - training:
            new = _listed(found - training)
            yield Finding(path, f"the {part} rows have {new}, which no training row is of")
        elif training - found and _is_told(part, found, training, targets):
            yield Finding(path, f"no {part} row is of {_listed(training - found)}")


def _is_told(part: str, found: set[int], training: set[int], targets: dict[str, Array]) -> bool:
    """Whether a part that lacks classes has rows enough to be told of it.

    A user chose the rows of a test part: that it lacks a class is told where chance, by the number
    of its rows, hardly explains it, or where it has one class alone.
    """
    rows = len(targets[part])
    if rows < len(training):
        return False
    by_chance = len(training) * (1 - 1 / len(training)) ** rows
    return part == "validation" or len(found) == 1 or by_chance < _UNLIKELY


def _classes(target: Array, objective: Objective) -> set[int]:
    """The classes that occur in the targets of an output; none where rows are not of one class."""
    loss = objective.loss.targets
    if are_numbers(loss) and all(one.metric.kind != "accuracy" for one in objective.metrics):
        return set()
    if loss == "class_numbers" or prod(target.shape[1:]) == 1:
        labels = np.unique(target)
        is_label = not are_numbers(loss) or len(labels) <= 2
        return set(labels.astype(int).tolist()) if is_label and _are_whole(labels) else set()
    is_one_hot = target.ndim == 2 and ((target == 0) | (target == 1)).all()
    if loss == "distributions" or (is_one_hot and (target.sum(axis=-1) == 1).all()):
        return set(np.unique(target.argmax(axis=-1)).tolist())
    return set()


def _are_whole(labels: Array) -> bool:
    return np.array_equal(labels, np.floor(labels))


def _listed(classes: set[int]) -> str:
    """`class 3`, or `the classes 0, 1, ...`."""
    shown = ", ".join(map(str, sorted(classes)[:_MAX_LISTED]))
    more = ", ..." if len(classes) > _MAX_LISTED else ""
    noun = "class" if len(classes) == 1 else "the classes"
    return f"{noun} {shown}{more}"


def rare_class(given: OutputTargets) -> Iterator[Finding]:
    """A class of few training rows at an output that accuracy alone measures, without weights."""
    objective, trained = given.objective, objectives(given.spec, given.graph)
    metrics = {one.metric.kind for one in objective.metrics}
    if not metrics or not metrics <= _ACCURACIES or not class_names(given.graph, objective):
        return
    drawn = oversampled_output(given.spec, trained)
    if objective.output in (drawn and drawn.output, *class_weights(given.spec, trained)):
        return
    target = given.targets["training"]
    is_one_hot = objective.loss.targets == "distributions"
    labels = target.argmax(axis=-1) if is_one_hot else target
    classes, counts = np.unique(labels, return_counts=True)
    equal, least = len(target) / len(classes), int(counts.min())
    if _are_whole(classes) and equal >= _ENOUGH and least < min(_RARE * len(target), equal / 2):
        rarest = int(classes[int(counts.argmin())])
        message = f"{least:,} of {len(target):,} training rows are of class {rarest}"
        yield Finding(objective.metrics[0].path, message)


def out_of_range(given: OutputTargets) -> Iterator[Finding]:
    """Targets of a squared error that the activation of the output never reaches."""
    objective, last = given.objective, head(given.graph, given.objective.output)
    if last is None or not objective.loss.squared_error:
        return
    low, high = last.layer.output_range
    target = given.targets["training"]
    least, greatest = target.min(), target.max()
    if least < low or greatest > high:
        beyond = least if least < low else greatest
        message = f"{last.kind} gives numbers from {low:g} to {high:g}, and a target is {beyond:g}"
        yield Finding(objective.path, message)


def zero_target(given: OutputTargets) -> Iterator[Finding]:
    """Training targets of 0 of a loss that divides by them."""
    loss, target = given.objective.loss, given.targets["training"]
    zeros = int((target == 0).sum())
    if loss.divides_by_target and zeros:
        message = f"{loss.kind} divides by the targets, and {zeros:,} of {target.size:,} are 0"
        yield Finding(given.objective.path, message)


DATA_RULES: dict[str, Rule] = {
    "one-class": one_class,
    "missing-class": missing_classes,
    "rare-class": rare_class,
    "out-of-range": out_of_range,
    "zero-target": zero_target,
}
