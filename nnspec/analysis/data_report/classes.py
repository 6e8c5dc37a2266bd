"""How many rows of each part are of each class, for the targets that are classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnspec.analysis.data_report.columns import counted
from nnspec.analysis.data_report.model import ClassBalance
from nnspec.analysis.data_report.preparation import arrays_of
from nnspec.backends.arrays import Array
from nnspec.data.column_types import is_missing
from nnspec.data.rows import Rows

_MOST = 50  # classes


def class_balances(parts: Sequence[Rows]) -> Iterator[ClassBalance]:
    """The balance of each target whose raw values are text, few whole numbers, or one-hot rows."""
    names = tuple(rows.origin.part for rows in parts)
    for target in _targets(parts[0]):
        labels = [_labels(_targets(rows)[target]) for rows in parts]
        found = [dict(counted(one)) for one in labels if one is not None]
        classes = sorted(set().union(*found), key=_by_number) if found else []
        if len(found) == len(parts) and 0 < len(classes) <= _MOST:
            counts = tuple(tuple(one.get(label, 0) for one in found) for label in classes)
            yield ClassBalance(target, tuple(classes), names, counts)


def _targets(rows: Rows) -> dict[str, Array]:
    return {name: np.asarray(each) for name, each in arrays_of(rows.targets, "targets").items()}


def _labels(array: Array) -> Array | None:
    """The class of each row; None where the values are no classes."""
    if array.dtype.kind == "M" or (array.ndim > 1 and not array.size):
        return None
    if array.ndim == 2 and array.shape[1] > 1:
        hot = ((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()
        return array.argmax(axis=1) if hot else None
    if array.size != len(array):
        return None
    known = array.ravel()[~is_missing(array.ravel())]
    if known.dtype.kind == "f":
        return known if (known == np.floor(known)).all() else None
    return known


def _by_number(label: str) -> tuple[float, str]:
    """Numbers in their order, then texts in theirs."""
    try:
        return float(label), label
    except ValueError:
        return np.inf, label
