"""Predictions as named columns: classes by their names, numbers in the unit of the raw targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.analysis.misclassified import both_classes, classifiers
from nnspec.backends.arrays import Array
from nnspec.data.column_types import type_of
from nnspec.data.preprocessing.column_groups import FittedColumns, FittedGroup
from nnspec.data.preprocessing.fitted import Fitted
from nnspec.data.preprocessing.inverse import category_names, inverse_target
from nnspec.errors import cut, visible
from nnspec.graph.objectives import objectives
from nnspec.runs.trained import TrainedRun

_NOT_UNDONE = "the predictions of {} are as the network gives them: their steps have no inverse"
Types = Mapping[str, str]  # of the columns of the targets


class PredictionTable(NamedTuple):
    """Columns (rows,) by name, numbers or texts, and what to know of them."""

    columns: dict[str, Array]
    classes: tuple[str, ...] = ()  # names of a classifier's classes
    note: str = ""


def prediction_table(run: TrainedRun, output: str, values: Array) -> PredictionTable:
    """The predictions of an output of a run: of a classifier its classes, else numbers."""
    target = run.preprocessing.of("targets", output)
    if values.ndim == 2 and output in classifiers(objectives(run.spec, run.graph), run.graph):
        return class_table(values, category_names(target))
    return value_table(values, target, run.table.targets if run.table else {})


def class_table(probabilities: Array, names: tuple[str, ...] | None) -> PredictionTable:
    """The most probable class of each row (rows, classes), and the probability of each class.

    A row of one probability is that of class 1. Classes without names are numbered.
    """
    shares = both_classes(probabilities)
    classes = shares.shape[1]
    known = names if names and len(names) == classes else ()
    labels = np.array(known) if known else np.arange(classes)
    columns = {"row": np.arange(len(shares)), "prediction": labels[shares.argmax(axis=1)]}
    for number, label in enumerate(labels):
        columns[f"probability_{label}"] = shares[:, number]
    return PredictionTable(columns, known)


def value_table(values: Array, target: Fitted | None, types: Types) -> PredictionTable:
    """Predicted numbers (rows, ...) in the unit of the raw targets, or of the prepared ones.

    The latter, with a note, where a step has no inverse.
    """
    flat = values.reshape(len(values), prod(values.shape[1:]))
    parts = list(_parts(flat, target, types))
    named = [one for part in parts for one in _named_columns(*part)]
    columns = {"row": np.arange(len(values))}
    if len(named) == 1:
        columns["prediction"] = named[0][1]
    else:
        columns |= {f"prediction_{name}": column for name, column in named}
    lacking = [name for names, _, inverse in parts if inverse is None for name in names]
    return PredictionTable(columns, note=_NOT_UNDONE.format(_listed(lacking)) if lacking else "")


def _named_columns(
    names: tuple[str, ...], part: Array, inverse: Array | None
) -> list[tuple[str, Array]]:
    """The numbers of a group in its unit, or as they are where it has no inverse, by name."""
    found = part if inverse is None else inverse
    found = found.reshape(len(part), -1) if len(part) else part
    labels = names if len(names) == found.shape[1] else tuple(map(str, range(found.shape[1])))
    return list(zip(labels, found.T, strict=True))


def _listed(names: list[str]) -> str:
    return cut(visible(", ".join(names)))


def _parts(
    flat: Array, target: Fitted | None, types: Types
) -> Iterator[tuple[tuple[str, ...], Array, Array | None]]:
    """The names of each group of target columns, its numbers, and their inverse if there is one."""
    if not isinstance(target, FittedColumns):
        yield (), flat, inverse_target(target.pipeline, flat) if target else None
        return
    start = 0
    for group in target.groups:
        names = group.group.names
        width = _width(group, types) if len(target.groups) > 1 else flat.shape[1]
        part = flat[:, start : start + width]
        rows = part[:, 0] if isinstance(group.group.columns, str) and width == 1 else part
        yield names, part, inverse_target(group.pipeline, rows)
        start += width


def _width(group: FittedGroup, types: Types) -> int:
    """How many numbers a row of a group gives."""
    return group.width({name: np.empty(0, type_of(types[name])) for name in group.group.names})
