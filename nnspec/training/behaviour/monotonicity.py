"""The rule of monotonicity: the greatest step of predictions against a direction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.behaviour.monotonicity import Monotonicity
from nnspec.data.located_errors import located
from nnspec.errors import Problem, SpecError
from nnspec.graph.behaviour import Locate, output_of
from nnspec.training.behaviour.columns import ColumnOf
from nnspec.training.behaviour.trained_model import (
    BehaviourData,
    BehaviourRule,
    Outcome,
    TrainedModel,
)


class _Worst(NamedTuple):
    """The greatest fall so far: its row, and the values and predictions at both ends."""

    fall: float = 0.0
    row: int = 0
    values: tuple[int, int] = (0, 0)  # their numbers
    predictions: tuple[float, float] = (0.0, 0.0)

    def or_worse(self, start: int, rising: Array, predictions: Array) -> _Worst:
        """The greatest fall, also of `rising` (values, rows) of rows from `start` on."""
        falls = np.maximum.accumulate(rising, axis=0) - rising
        last, row = np.unravel_index(int(np.argmax(falls)), falls.shape)
        fall = float(falls[last, row])
        if fall <= self.fall or np.isnan(self.fall):
            return self
        first = int(np.argmax(rising[: last + 1, row]))
        ends = float(predictions[first, row]), float(predictions[last, row])
        return _Worst(fall, start + int(row), (first, int(last)), ends)


def _evaluate(behaviour: Monotonicity, model: TrainedModel) -> Outcome:
    values, worst = _values(behaviour, model.data), _Worst()
    sign = 1 if behaviour.direction == "increasing" else -1
    for rows in model.chunks():
        predictions = _predictions(behaviour, model, rows, values)
        worst = worst.or_worse(rows.start, sign * predictions, predictions)
    return Outcome(worst.fall, "at_most", behaviour.tolerance, _detail(model, worst, values))


def _detail(model: TrainedModel, worst: _Worst, values: Array) -> str:
    """The row and the values between which its predictions go against the direction."""
    if not worst.fall:
        return ""
    row = model.data.row_name(worst.row)
    first, last = worst.values
    before, after = worst.predictions
    return f"{row}: {before:.6g} at {values[first]} and {after:.6g} at {values[last]}"


def _predictions(behaviour: Monotonicity, model: TrainedModel, rows: slice, values: Array) -> Array:
    """One number of the output (values, rows) for each value of the column."""
    raw, column = model.data.raw_inputs(rows), ColumnOf(behaviour.column, behaviour.input)
    output, count = output_of(behaviour, model.data.graph), rows.stop - rows.start
    made = [
        model.predict(
            model.data.prepared(column.put(raw, np.full(count, value, values.dtype))), output
        )
        for value in values
    ]
    return np.stack([one.reshape(count, -1)[:, behaviour.unit or 0] for one in made])


def _values(behaviour: Monotonicity, data: BehaviourData) -> Array:
    """Quantiles of the column's training values, each once: values that occur."""
    column = ColumnOf(behaviour.column, behaviour.input).of(data.raw.train.inputs)
    known = np.sort(column[~np.isnat(column)] if column.dtype.kind == "M" else _finite(column))
    places = np.round(np.linspace(0, max(len(known) - 1, 0), behaviour.values)).astype(int)
    quantiles: Array = np.unique(known[places] if len(known) else known)
    return quantiles


def _finite(column: Array) -> Array:
    finite: Array = column[np.isfinite(column)]
    return finite


def _check(behaviour: Monotonicity, data: BehaviourData, locate: Locate) -> None:
    """The column is there and varies, and the preparation takes its values."""
    column = ColumnOf(behaviour.column, behaviour.input)
    for raw in (data.raw.train.inputs, data.raw_test.inputs):
        column.check_ordered(raw, locate, "column")
    values = _values(behaviour, data)
    if len(values) < 2:
        message = "the column has one value in all training rows, so there is no direction"
        raise SpecError(Problem(message, locate("column")))
    raw = data.raw_inputs(slice(0, 1))
    with located(locate("column")):
        for value in values:
            data.prepared(column.put(raw, np.full(1, value, values.dtype)))


monotonicity = BehaviourRule(_evaluate, _check)
