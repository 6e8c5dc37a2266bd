"""Advice on what only the data show: classes that a part lacks, targets out of the output's range.

The reasons stand in `nnspec.spec.advice`; the spec's `silence` lists codes to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.data.sources import Rows
from nnspec.data.splits import Splits
from nnspec.errors import Problem
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective, objectives
from nnspec.lint.findings import Finding, head
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec

_MAX_LISTED = 5  # classes in a message

Rule = Callable[[Graph, Objective, dict[str, Array]], Iterator[Finding]]


def data_advice(spec: Spec, graph: Graph, splits: Splits) -> list[Problem]:
    """Advice on the prepared rows of all parts of a spec's data."""
    trained = objectives(spec, graph)
    parts = {rows.origin.part: rows for rows in splits.parts() if rows.rows}
    return [
        Problem(message, spec.locate(*path), REASONS[code], code, ADVICE)
        for code, rule in DATA_RULES.items()
        if code not in spec.silence
        for objective in trained
        for path, message in rule(graph, objective, _targets(parts, objective, trained))
    ]


def _targets(
    parts: dict[str, Rows], objective: Objective, trained: tuple[Objective, ...]
) -> dict[str, Array]:
    """The targets of an output in each part."""
    names = [each.output for each in trained]
    return {part: named(rows.targets, names)[objective.output] for part, rows in parts.items()}


def missing_classes(_: Graph, objective: Objective, targets: dict[str, Array]) -> Iterator[Finding]:
    """Classes that training rows have and validation rows lack, or the other way round."""
    classes = {part: _classes(array, objective) for part, array in targets.items()}
    training = classes.get("training", set())
    if len(training) == 1 and len(targets["training"]) > 1:
        source = ("data", "source")
        yield Finding(source, f"all training rows are of {_listed(training)}")
    for part, found in classes.items():
        path = ("train", "validation_split") if part == "validation" else ("data", "source")
        if found - training:
            new = _listed(found - training)
            yield Finding(path, f"the {part} rows have {new}, which no training row is of")
        elif part == "validation" and training - found and len(targets[part]) >= len(training):
            yield Finding(path, f"no validation row is of {_listed(training - found)}")


def _classes(target: Array, objective: Objective) -> set[int]:
    """The classes that occur in the targets of an output; none where they are no labels."""
    judges = [objective.loss, *(metric.metric for metric in objective.metrics)]
    if all(judge.targets == "any" and judge.kind != "accuracy" for judge in judges):
        return set()
    if target.ndim > 1 and target.shape[-1] > 1 and objective.loss.targets != "class_numbers":
        on = (target > 0.5).reshape(-1, target.shape[-1]).any(axis=0)
        return set(np.flatnonzero(on).tolist())
    values = np.unique(target)
    return set(values.astype(int).tolist()) if np.array_equal(values, np.floor(values)) else set()


def _listed(classes: set[int]) -> str:
    """`class 3`, or `the classes 0, 1, ...`."""
    shown = ", ".join(map(str, sorted(classes)[:_MAX_LISTED]))
    more = ", ..." if len(classes) > _MAX_LISTED else ""
    noun = "class" if len(classes) == 1 else "the classes"
    return f"{noun} {shown}{more}"


def out_of_range(
    graph: Graph, objective: Objective, targets: dict[str, Array]
) -> Iterator[Finding]:
    """Targets of a squared error that the activation of the output never reaches."""
    last = head(graph, objective.output)
    if last is None or not objective.loss.squared_error:
        return
    low, high = last.layer.output_range
    target = targets["training"]
    least, greatest = target.min(), target.max()
    if least < low or greatest > high:
        beyond = least if least < low else greatest
        message = f"{last.kind} gives numbers from {low:g} to {high:g}, and a target is {beyond:g}"
        yield Finding(objective.path, message)


DATA_RULES: dict[str, Rule] = {"missing-class": missing_classes, "out-of-range": out_of_range}
