"""How many rows of each part are of each class, for the targets that are classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnspec.analysis.data_report.model import ClassBalance
from nnspec.backends.arrays import Array, by_name
from nnspec.data.rows import Rows
from nnspec.data.splitting.classes import classes_of_parts

_MOST = 50  # classes


def class_balances(parts: Sequence[Rows]) -> Iterator[ClassBalance]:
    """The balance of each target whose raw values are text, few whole numbers, or one-hot rows."""
    names = tuple(rows.origin.part for rows in parts)
    for target in _targets(parts[0]):
        found = classes_of_parts([_targets(rows)[target] for rows in parts])
        if found and len(found[0].names) <= _MOST:
            counts = [one.counts().values() for one in found]
            yield ClassBalance(target, found[0].names, names, tuple(zip(*counts, strict=True)))


def _targets(rows: Rows) -> dict[str, Array]:
    return {name: np.asarray(each) for name, each in by_name(rows.targets, "targets").items()}
