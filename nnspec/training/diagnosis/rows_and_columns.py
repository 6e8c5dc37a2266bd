"""Names of rows and columns, as a diagnosis says them, and the extremes of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, chunk_rows, named
from nnspec.data.dataset import PreparedRows, in_chunks
from nnspec.data.preprocessing.column_groups import FittedColumns, FittedGroup
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.errors import visible
from nnspec.graph.ir import Path
from nnspec.graph.objectives import objectives
from nnspec.training.session import TrainingSession

_MANY = 64  # so many columns are pixels, or the like: they have no names
_OUTLIER = 1e3  # times the median of its column is a number that its row is to blame for


class Column(NamedTuple):
    """A column of prepared rows: its largest number, and that of the others."""

    side: Side
    name: str  # of the input or the output
    label: str  # what the data call it
    path: Path  # of its steps, or of the source
    largest: float
    others: float | None  # median of the largest absolute values of the other columns, if any
    row: int | None  # of the largest number, if few rows have such ones


def columns(session: TrainingSession, side: Side, part: PreparedRows) -> Iterator[Column]:
    """The columns of inputs or targets in a part; of an image, or many, all as one."""
    for name, found in _extremes(session, side, part).items():
        labels = _labels(session, side, name, len(found.largest))
        for number, value in enumerate(found.largest):
            others = np.delete(found.largest, number)
            others = others[others > 0]
            middle = float(np.median(others)) if others.size else None
            row = int(found.rows[number]) if value > _OUTLIER * found.typical[number] else None
            path = _path(session, side, name, labels[number])
            yield Column(side, name, labels[number], path, float(value), middle, row)


def row_name(origin: RowOrigin, index: int) -> str:
    """`houses.csv:9` or `training row 7`: a row of a part of the data."""
    number = origin.number(index)
    return origin.table.row(number) if origin.table else f"{origin.part} row {number:,}".lstrip()


class _Extremes(NamedTuple):
    """Of each column: the largest absolute value, its row, and the median absolute value."""

    largest: Array
    rows: Array
    typical: Array


def _extremes(session: TrainingSession, side: Side, part: PreparedRows) -> dict[str, _Extremes]:
    """Those of each input or target of floats."""
    outputs = [one.output for one in objectives(session.spec, session.graph)]
    names = list(session.graph.inputs) if side == "inputs" else outputs
    size = chunk_rows(part.take(np.arange(min(1, part.rows))).inputs)
    found: dict[str, list[Array]] = {}
    for chunk in in_chunks(part, size):
        for name, array in named(chunk.sides[side], names).items():
            if array.dtype.kind == "f":
                found.setdefault(name, []).append(_magnitudes(array))
    return {name: _of_columns(np.concatenate(parts)) for name, parts in found.items()}


def _of_columns(x: Array) -> _Extremes:
    return _Extremes(x.max(axis=0), x.argmax(axis=0), np.quantile(x, 0.5, axis=0, method="lower"))


def _magnitudes(array: Array) -> Array:
    """Absolute values (rows, columns); the largest of each row where they are pixels."""
    x = np.abs(array.reshape(len(array), -1)).astype(np.float64)
    return x.max(axis=1, keepdims=True) if _are_pixels(array) else x


def _are_pixels(array: Array) -> bool:
    return array.ndim > 2 or prod(array.shape[1:]) >= _MANY


def _labels(session: TrainingSession, side: Side, name: str, width: int) -> list[str]:
    """What the data call the numbers of a prepared row; `column 2` where they have no names."""
    fitted = session.preprocessing.of(side, name)
    groups = fitted.groups if isinstance(fitted, FittedColumns) else ()
    known = [label for group in groups for label in _group_labels(group)]
    if len(known) == width:
        return known
    several = session.graph.inputs if side == "inputs" else session.graph.outputs
    what = name if len(several) > 1 else side
    return [f"column {number} of {what}" for number in range(width)] if width > 1 else [what]


def _group_labels(group: FittedGroup) -> list[str]:
    """The columns of a group, one-hot ones as often as they have categories."""
    learnt = next((one["categories"] for one in group.pipeline.state if "categories" in one), None)
    names = [visible(name) for name in group.group.names]
    if learnt is None:
        return [f"column {name}" for name in names]
    pairs = zip(names, learnt, strict=False)
    return [f"column {name}={value}" for name, values in pairs for value in values]


def _path(session: TrainingSession, side: Side, name: str, label: str) -> Path:
    """Where the steps of a column are written, or would be."""
    data = session.spec.data
    written = getattr(data, side) if data else None
    if not written:
        return "data", "source"
    if isinstance(written, Mapping):
        return "data", side, name
    groups = written if isinstance(written, tuple) else ()
    for number, group in enumerate(groups):
        names = [f"column {visible(one)}" for one in _names(group)]
        if any(label == one or label.startswith(f"{one}=") for one in names):
            return "data", side, number
    return "data", side


def _names(group: object) -> tuple[str, ...]:
    names = getattr(group, "columns", ())
    return (names,) if isinstance(names, str) else tuple(names or ())
