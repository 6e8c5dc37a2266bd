"""The first training rows as texts, before and after the preparation, and those that are images."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from nnspec.analysis.data_report.columns import text_of
from nnspec.analysis.data_report.model import Picture, RowTable
from nnspec.analysis.data_report.preparation import prepared_names
from nnspec.backends.arrays import Array, by_name
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import Rows

_MAX_COLUMNS = 40  # of a table
_FEW = 3  # numbers of a row that are columns of their own


def raw_table(rows: Rows, limit: int) -> RowTable:
    """The first rows as the source gives them; a short vector is a column for each number."""
    columns: dict[str, tuple[str, ...]] = {}
    for name, array in rows.arrays():
        first = np.asarray(array[:limit])
        if array.ndim == 2 and array.shape[1] <= _MAX_COLUMNS:
            columns |= {
                f"{name}[{n}]": tuple(map(text_of, column)) for n, column in enumerate(first.T)
            }
        else:
            columns[name] = tuple(map(_row_text, first))
    return _table("as the source gives them", columns)


def prepared_tables(
    raw: Rows, prepared: Rows, fitted: FittedPreprocessing, limit: int
) -> Iterator[RowTable]:
    """The first rows of each prepared array, whose numbers are columns; images are left out."""
    for side, values in prepared.sides.items():
        for name, array in by_name(values, side).items():
            if array.ndim > 2:
                continue
            names = prepared_names(fitted.of(side, name), raw, array)
            yield _table(
                f"{name} as the network gets them", _by_name(names, name, np.asarray(array[:limit]))
            )


def _by_name(names: tuple[str, ...], name: str, array: Array) -> dict[str, tuple[str, ...]]:
    """A column for each number of rows; one for all where they are many without names."""
    if len(names) > _MAX_COLUMNS and names[0] == "0":
        return {name: tuple(map(_row_text, array))}
    flat = array.reshape(len(array), prod(array.shape[1:]))
    return {
        label: tuple(map(text_of, column))
        for label, column in zip(_unique(names), flat.T, strict=True)
    }


def pictures(rows: Rows, limit: int) -> Iterator[Picture]:
    """The first rows of the first input whose rows are images, with their targets."""
    images = (one for one in by_name(rows.inputs, "inputs").values() if _are_images(one))
    found = next(images, None)
    if found is None:
        return
    target = next(iter(by_name(rows.targets, "targets").values()))
    first, labels = np.asarray(found[:limit]), np.asarray(target[:limit])
    for number in range(len(first)):
        yield Picture(_target_text(labels[number]), first[number])


def _table(title: str, columns: dict[str, tuple[str, ...]]) -> RowTable:
    shown = dict(list(columns.items())[:_MAX_COLUMNS])
    rows = tuple(zip(*shown.values(), strict=True))
    return RowTable(title, tuple(shown), rows, len(columns) - len(shown))


def _unique(names: tuple[str, ...]) -> list[str]:
    """The names, with a number after one that stands there already."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if found[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _row_text(row: Array) -> str:
    """A row of an array: its value, or its shape and its range."""
    array = np.asarray(row)
    if not array.ndim or not array.size or array.dtype.kind in "TM":
        return text_of(row)
    return f"{text_of(array)}, {text_of(array.min())} to {text_of(array.max())}"


def _target_text(target: Array) -> str:
    array = np.asarray(target)
    if array.size <= _FEW:
        return ", ".join(map(text_of, array.ravel()))
    return f"class {int(array.argmax())}" if array.ndim == 1 else text_of(array)


def _are_images(array: Array) -> bool:
    return array.ndim == 3 or (array.ndim == 4 and array.shape[3] in (1, 3))
