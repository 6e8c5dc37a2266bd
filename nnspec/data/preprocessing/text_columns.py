"""Checks of columns of text that steps cannot take, most often because of a cell of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import MADE_NUMBERS, after_step, unprepared
from nnspec.data.column_types import is_missing, row_spec
from nnspec.data.invalid_values import InvalidSourceValueError, first_index
from nnspec.data.preprocessing.pipeline import LocatedStep
from nnspec.errors import DataError, Problem, ShapeError, SourceSpan, quoted
from nnspec.options.tensor_spec import Kind, TensorSpec

_MEND = "mend the cell, or list it in the source's `missing`"
_BLOCK = 1 << 16  # rows that are looked at together


def check_text(steps: Sequence[LocatedStep], rows: Array, place: SourceSpan | None) -> None:
    """Raise an error where no step makes numbers of rows of text or dates.

    Where most texts are numbers, it is an InvalidSourceValueError at the first that is none;
    `place` is that of the columns, for the case that there is no step.
    """
    if rows.dtype.kind not in "TM":
        return
    after = _kind_after(steps, row_spec(rows))
    if after == "numbers":
        return
    at = steps[0].place if steps else place
    if rows.dtype.kind == "T":
        check_cells(rows, at)
    if after is not None:
        raise DataError(Problem(f"no step makes numbers of {after}", place or at, MADE_NUMBERS))


def _kind_after(steps: Sequence[LocatedStep], row: TensorSpec) -> Kind | None:
    """What rows hold after steps; None where these cannot be applied to them."""
    x: TensorSpec | None = unprepared(row)
    try:
        for step, _ in steps:
            x = after_step(step, x)
    except ShapeError:
        return None
    return x.kind if x else "numbers"


def check_cells(texts: Array, place: SourceSpan | None) -> None:
    """Raise an InvalidSourceValueError where most texts are numbers: at the first that is none."""
    numbers, others, first = 0, 0, None
    for start in range(0, len(texts), _BLOCK):
        block = np.asarray(texts[start : start + _BLOCK])  # of texts in files, too
        found = np.array([_is_number(text) for text in block.ravel().tolist()], bool)
        other = ~is_missing(block) & ~found.reshape(block.shape)
        numbers, others = numbers + int(found.sum()), others + int(other.sum())
        if first is None and other.any():
            row, *inner = index = first_index(other)
            first = (start + row, *inner), str(block[index])
    if first and numbers > others:
        raise InvalidSourceValueError(f"{quoted(first[1])} is no number", first[0], _MEND, place)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
