"""The rule of invariance: the greatest difference of predictions under a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Values
from nnspec.components.behaviour.invariance import Addition, Invariance
from nnspec.data.augmentation.augmented import AugmentedDataset
from nnspec.data.dataset import Dataset
from nnspec.data.located_errors import located
from nnspec.graph.behaviour import Locate, output_of
from nnspec.randomness import philox
from nnspec.training.behaviour.columns import ColumnOf
from nnspec.training.behaviour.trained_model import (
    BehaviourData,
    BehaviourRule,
    Outcome,
    TrainedModel,
)


class _Worst(NamedTuple):
    """The greatest difference so far, the row, and the numbers before and after the change."""

    difference: float = 0.0
    row: int = 0
    before: float = 0.0
    after: float = 0.0

    def or_worse(self, start: int, before: Array, after: Array) -> _Worst:
        """The greatest difference, also of rows from `start` on; one that is no number counts."""
        differences = np.abs(after - before).reshape(len(before), -1)
        row, number = np.unravel_index(int(np.argmax(differences)), differences.shape)
        greatest = float(differences[row, number])
        if greatest <= self.difference or np.isnan(self.difference):
            return self
        values = (float(each.reshape(len(before), -1)[row, number]) for each in (before, after))
        return _Worst(greatest, start + int(row), *values)


def _evaluate(behaviour: Invariance, model: TrainedModel) -> Outcome:
    output, worst = output_of(behaviour, model.data.graph), _Worst()
    for rows in model.chunks():
        before = model.predict_test(rows, output)
        for changed in _changed(behaviour, model.data, rows):
            worst = worst.or_worse(rows.start, before, model.predict(changed, output))
    row = model.data.row_name(worst.row)
    detail = f"{row}: {worst.before:.6g} becomes {worst.after:.6g}" if worst.difference else ""
    return Outcome(worst.difference, "at_most", behaviour.within, detail)


def _changed(behaviour: Invariance, data: BehaviourData, rows: slice) -> Iterator[Values]:
    """The prepared inputs of some test rows, changed, as often as the behaviour says."""
    for time in range(1, behaviour.times + 1):
        if behaviour.augment:
            yield _augmented(behaviour, data).take(np.arange(rows.start, rows.stop), time).inputs
        else:
            yield data.prepared(_changed_columns(behaviour, data, rows, time))


def _augmented(behaviour: Invariance, data: BehaviourData) -> Dataset:
    """The test rows under the augmentation steps."""
    names = list(data.graph.inputs)
    name = behaviour.input if behaviour.input in names else names[0]
    dataset: Dataset = data.test
    for number, step in enumerate(behaviour.augment):
        key = (data.spec.train.seed, "invariance", name, number, step.kind)
        dataset = AugmentedDataset(dataset, step, name, key)
    return dataset


def _changed_columns(behaviour: Invariance, data: BehaviourData, rows: slice, time: int) -> Values:
    """The raw inputs of some test rows with a number added, or with values of other rows."""
    raw = data.raw_inputs(rows)
    if behaviour.add is not None:
        column = ColumnOf(behaviour.add.column, behaviour.input)
        return column.put(raw, _sum(column.of(raw), behaviour.add))
    order = philox.permutation(
        data.raw_test.rows, data.spec.train.seed, "invariance", "permute", time
    )
    for each in behaviour.permute or ():
        column = ColumnOf(each, behaviour.input)
        raw = column.put(raw, column.of(data.raw_test.inputs)[order[rows]])
    return raw


def _sum(values: Array, addition: Addition) -> Array:
    """values + value: whole numbers stay such where a whole one is added."""
    is_whole = addition.value.is_integer() and abs(addition.value) < 2**31
    if values.dtype.kind in "iu" and is_whole:
        total: Array = values.astype(np.int64) + int(addition.value)
        return total
    return values + addition.value


def _check(behaviour: Invariance, data: BehaviourData, locate: Locate) -> None:
    """The columns are there, and the preparation takes the rows with their changes."""
    raw = data.raw_test.inputs
    if behaviour.add is not None:
        ColumnOf(behaviour.add.column, behaviour.input).check_numbers(raw, locate, "add", "column")
    for number, column in enumerate(behaviour.permute or ()):
        ColumnOf(column, behaviour.input).check(raw, locate, "permute", number)
    if not behaviour.augment:
        with located(locate()):
            for rows in data.chunks():
                for _ in _changed(behaviour, data, rows):
                    pass


invariance = BehaviourRule(_evaluate, _check)
