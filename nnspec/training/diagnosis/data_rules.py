"""Causes of divergence in the data: weights of losses, columns and targets out of scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.components.sources.inline import InlineRows
from nnspec.components.targets import are_numbers
from nnspec.graph.ir import Path
from nnspec.graph.objectives import objectives
from nnspec.lint.data import MAX_RATIO, data_inputs
from nnspec.training.diagnosis.evidence import SANE, Evidence
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.rows_and_columns import Column, columns, row_name
from nnspec.training.row_places import number_place

_BYTE = 255  # the largest number of a pixel


def row_weight(evidence: Evidence) -> Finding | None:
    """A training row whose loss counts more than a million times."""
    session = evidence.session
    option = "sample_weight" if evidence.spec.train.sample_weight else "class_weight"
    for weights in session.balance.weights.values():
        largest, middle = float(weights.max()), float(np.median(weights[weights > 0]))
        if largest <= SANE:
            continue
        index = int(weights.argmax())
        row = row_name(session.splits.train.origin, index)
        message = (
            f"the weight of {row} is {largest:.3g}, and of half of the rows {middle:.3g} at most"
        )
        hint = "its loss and gradient are multiplied by it; correct it, or leave the row out"
        path: Path = ("train", option)
        return Finding("row-weight", message, hint, _weight_path(evidence, index) or path, row=row)
    return None


def _weight_path(evidence: Evidence, index: int) -> Path:
    """Where the weight of a row is written, if the spec holds it."""
    name, data = evidence.spec.train.sample_weight, evidence.spec.data
    if name is None or data is None or not isinstance(data.source, InlineRows):
        return ()
    number = evidence.session.splits.train.origin.number(index)
    return "data", "source", "rows", "metadata", name, number


def loss_weight(evidence: Evidence) -> Finding | None:
    """A weight of an output's loss that is beyond a million."""
    for objective in objectives(evidence.spec, evidence.graph):
        if objective.weight > SANE:
            message = f"the loss of {objective.output} counts {objective.weight:.3g} times"
            path = ("loss_weights", objective.output)
            hint = "weights of losses are relative: divide all by the largest"
            return Finding("loss-weight", message, hint, path, layer=objective.output)
    return None


def huge_input(evidence: Evidence) -> Finding | None:
    """A column of the inputs that is a million times as large as the others, or as 1."""
    huge = [one for one in _unscaled(evidence) if one.largest > SANE * max(1.0, one.others or 0.0)]
    return _of_column(evidence, max(huge, key=lambda one: one.largest)) if huge else None


def huge_target(evidence: Evidence) -> Finding | None:
    """Targets beyond a million of a loss that takes any number."""
    of_numbers = {
        one.output for one in objectives(evidence.spec, evidence.graph)
        if are_numbers(one.loss.targets)
    }  # fmt: skip
    found = [
        one for one in columns(evidence.session, "targets", evidence.failing.part)
        if one.name in of_numbers and one.largest > SANE
    ]  # fmt: skip
    return _of_column(evidence, max(found, key=lambda one: one.largest)) if found else None


def unscaled_input(evidence: Evidence) -> Finding | None:
    """A column of numbers beyond 100, where updates have enlarged the weights."""
    if not evidence.is_grown:
        return None
    found = [one for one in _unscaled(evidence) if one.largest > MAX_RATIO]
    return _of_column(evidence, max(found, key=lambda one: one.largest)) if found else None


def _unscaled(evidence: Evidence) -> Iterator[Column]:
    """The columns of inputs that no layer normalizes first."""
    normalized = {one.name for one in data_inputs(evidence.spec, evidence.graph) if one.normalized}
    if "" in normalized:
        return
    yield from (
        one
        for one in columns(evidence.session, "inputs", evidence.failing.part)
        if one.name not in normalized
    )


def _of_column(evidence: Evidence, one: Column) -> Finding:
    """What is said of a column that is out of scale."""
    origin, row, place = evidence.failing.part.origin, None, None
    message = f"numbers of {one.label} reach {one.largest:.3g}"
    if one.row is not None:
        row = row_name(origin, one.row)
        place = number_place(evidence.spec, origin, one.side, one.name, (one.row,))
        message += f" in {row}"
    if one.others is not None and one.largest > MAX_RATIO * one.others:
        message += f", the other columns {one.others:.3g}"
    wrong = "correct the row, or " if row else ""
    step = "{divide: 255}" if one.largest == _BYTE else "standardize"
    hint = f"{wrong}scale it with the step {step}"
    cause = "unscaled-column" if one.side == "inputs" else "unscaled-targets"
    return Finding(cause, message, hint, one.path, column=one.label, row=row, place=place)
