"""The classes of training rows: the class of each, and the weight of each class."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.errors import DataError, quoted
from nnspec.graph.objectives import Objective
from nnspec.spec.class_weight import OutputWeight

RowName = Callable[[int], str]  # what messages call a row
_ROUNDING = 1e-6  # of a number up to 1 in float32


class ClassCounts(NamedTuple):
    """The class of each row at an output, and how many rows each class has."""

    classes: Indices  # (rows)
    counts: Indices  # (classes)
    names: tuple[str, ...]

    @classmethod
    def of(
        cls, targets: Array, objective: Objective, names: tuple[str, ...], row_name: RowName
    ) -> Self:
        """Those of prepared targets of an output; a DataError as `row_classes` does."""
        classes = row_classes(targets, objective, row_name)
        return cls(classes, np.bincount(classes, minlength=len(names)), names)

    def weights(self, written: OutputWeight) -> dict[str, float]:
        """The weight of each class by its name, 1 where a map does not say it.

        Balanced is n / (K n_c): n rows, of which n_c are of the class, and K classes. Raises
        DataError where a class has no row to be balanced.
        """
        if not isinstance(written, str):
            return {name: written.get(name, 1.0) for name in self.names}
        if not self.counts.all():
            absent = quoted(self.names[int(np.argmin(self.counts))])
            hint = "balanced divides by the rows of each class; write the weights of the others"
            raise DataError(f"no training row is of the class {absent}", hint)
        balanced = len(self.classes) / (len(self.names) * self.counts)
        return dict(zip(self.names, balanced.tolist(), strict=True))

    def row_weights(self, by_class: dict[str, float]) -> Array:
        """The weight of each row's class, (rows)."""
        weights: Array = np.array(list(by_class.values()))[self.classes]
        return weights


def row_classes(targets: Array, objective: Objective, row_name: RowName) -> Indices:
    """The number of each row's class: that of class numbers, one-hot rows, or a yes or no.

    Raises DataError, with the name of the row, where one is not of one class for certain.
    """
    if objective.loss.targets == "class_numbers":
        return targets.reshape(-1).astype(np.int64)
    rows = targets.reshape(len(targets), -1)
    labels = np.round(rows)
    uncertain = (np.abs(rows - labels) > _ROUNDING).any(axis=1)
    if uncertain.any():
        row = row_name(int(np.argmax(uncertain)))
        raise DataError(f"{row} is not of one class alone", "sample_weight weights such rows")
    classes = labels[:, 0] > 0 if rows.shape[1] == 1 else labels.argmax(axis=1)
    numbers: Indices = classes.astype(np.int64)
    return numbers
