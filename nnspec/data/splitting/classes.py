"""The classes that raw targets tell of: text, whole numbers, true and false, one-hot rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name, row_count

_FEW = 5  # so many whole numbers are classes, however few the rows are


class RowClasses(NamedTuple):
    """The class of each row, a number from 0 on, and the names of the classes."""

    numbers: Array  # (rows,)
    names: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many rows each class has, by its name."""
        found = np.bincount(self.numbers, minlength=len(self.names))
        return dict(zip(self.names, found.tolist(), strict=True))


def classes_of(target: Values) -> RowClasses | None:
    """The classes of an array of targets, or of the columns of a table; None if it has none.

    Whole numbers are quantities where there are more than half as many as rows. Rows of 0 with a
    single 1 are one-hot: their classes are named by the columns, or numbered.
    """
    if isinstance(target, Mapping):
        return _of_columns(target)
    if target.ndim > 1 and prod(target.shape[1:]) > 1:
        return _of_one_hot(target) if target.ndim == 2 else None
    return _of_values(target.reshape(len(target)))


def classes_of_parts(parts: Sequence[Values]) -> list[RowClasses]:
    """The classes of each part of some targets, by those of all parts; empty if they have none."""
    found = classes_of(_joined(parts)) if parts else None
    if found is None:
        return []
    ends = np.cumsum([row_count(part) for part in parts])[:-1]
    return [found._replace(numbers=numbers) for numbers in np.split(found.numbers, ends)]


def _joined(parts: Sequence[Values]) -> Values:
    """The targets of all parts, one below the other."""
    columns = list(map(by_name, parts))
    found = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    return found.get("", found)


def _of_columns(columns: Mapping[str, Array]) -> RowClasses | None:
    """The classes of the only column, or of columns that are one-hot together."""
    if len(columns) == 1:
        return classes_of(next(iter(columns.values())))
    if any(column.ndim > 1 or column.dtype.kind not in "iufb" for column in columns.values()):
        return None
    found = _of_one_hot(np.stack(list(columns.values()), axis=1))
    return found and found._replace(names=tuple(columns))


def _of_one_hot(rows: Array) -> RowClasses | None:
    if rows.dtype.kind not in "iufb" or not ((rows == 0) | (rows == 1)).all():
        return None
    if not (rows.sum(axis=1) == 1).all():
        return None
    return RowClasses(rows.argmax(axis=1), tuple(map(str, range(rows.shape[1]))))


def _of_values(values: Array) -> RowClasses | None:
    """The classes of text, true and false, or whole numbers."""
    kind = values.dtype.kind
    if kind not in "TUiufb" or (kind == "f" and not _are_whole(values)):
        return None
    found, numbers = np.unique(values, return_inverse=True)
    if kind in "iuf" and len(found) > max(_FEW, len(values) / 2):
        return None
    return RowClasses(numbers, tuple(_name(value) for value in found.tolist()))


def _are_whole(values: Array) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _name(value: object) -> str:
    """A class as a table of classes names it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)
