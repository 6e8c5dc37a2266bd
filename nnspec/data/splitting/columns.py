"""The columns by which rows are split: groups, times, or the part that each row belongs to."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.column_types import is_missing
from nnspec.data.invalid_values import first_index
from nnspec.data.metadata import metadata_array
from nnspec.data.row_origin import more_rows
from nnspec.data.rows import Rows
from nnspec.errors import DataError, nearest, quoted, visible
from nnspec.spec.column_contracts import iso_date
from nnspec.spec.document import Spec

PARTS = {
    "train": "train", "training": "train", "val": "validation", "validation": "validation",
    "test": "test",
}  # fmt: skip


def complete_column(spec: Spec, rows: Rows, name: str) -> Array:
    """A column of the rows' metadata; a DataError where there is none, or a value is missing."""
    column = metadata_array(spec, rows, name)
    if column.ndim > 1 or column.dtype.kind not in "TMiufb":
        hint = "rows are split by a number, a text or a date"
        raise DataError(f"{visible(name)} holds no such value for each row", hint)
    missing = is_missing(column)
    if missing.any():
        place, more = _first(rows, name, missing)
        raise DataError(f"{place} is missing{more}", "each row needs a value to be split by")
    return column


def group_numbers(spec: Spec, rows: Rows, name: str) -> Array:
    """The group of each row, a number from 0 on."""
    numbers: Array = np.unique(complete_column(spec, rows, name), return_inverse=True)[1]
    return numbers


def times(spec: Spec, rows: Rows, name: str) -> Array:
    """The time of each row, a number or a date."""
    column = complete_column(spec, rows, name)
    if column.dtype.kind not in "iufM":
        row = next((row for row, text in enumerate(column) if not _is_time(str(text))), 0)
        found = quoted(str(column[row])) if len(column) else "no rows"
        message = f"{visible(name)} holds no times: {rows.origin.row(name, row)} is {found}"
        raise DataError(message, "times are numbers, or dates such as 2024-01-31")
    return column


def _is_time(text: str) -> bool:
    """Whether a text writes a date or a number: its column is text because of another cell."""
    for read in (iso_date, float):
        try:
            read(text)
        except (ValueError, OverflowError):
            continue
        return True
    return False


def rows_of_parts(spec: Spec, rows: Rows, name: str) -> dict[str, Indices]:
    """The rows of `train`, `validation` and `test` by a column that says so; DataError for others.

    `training` and `val` are understood, in upper case too.
    """
    column = complete_column(spec, rows, name)
    values, numbers = np.unique(column, return_inverse=True)
    parts = [PARTS.get(str(value).strip().lower(), "") for value in values]
    unknown = np.array([not part for part in parts])[numbers]
    if unknown.any():
        found = str(column[first_index(unknown)[0]])
        place, more = _first(rows, name, unknown)
        guess = nearest(found, list(PARTS))
        hint = f"did you mean {guess!r}?" if guess else "a part is train, validation or test"
        raise DataError(f"{place} is {quoted(found)}{more}", hint)
    part_of = np.array(parts)[numbers]
    return {part: np.flatnonzero(part_of == part) for part in ("train", "validation", "test")}


def _first(rows: Rows, name: str, mask: Array) -> tuple[str, str]:
    """The place of the first row of a mask, in a column, and how many more there are."""
    place = rows.origin.row(name, int(first_index(mask)[0]))
    return place, more_rows(int(mask.sum()) - 1)
