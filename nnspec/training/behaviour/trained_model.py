"""What the rules of behaviour get and give: a trained network with its rows, and an outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name, chunk_rows, named
from nnspec.backends.contract import Program
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import PreparedRows, PreparedSplits
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.graph.behaviour import Locate
from nnspec.graph.ir import Graph
from nnspec.options.rules import Rules
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_inputs
from nnspec.training.loop import ShouldStop, TrainingInterrupt, never_stop
from nnspec.training.preparation import Preparation
from nnspec.training.step_callback import OnSteps, ignore_steps


class Outcome(NamedTuple):
    """The figure of a behaviour, what is expected of it, and in words where it comes from."""

    actual: float
    relation: Literal["at_least", "at_most"]
    expected: float
    detail: str

    @property
    def met(self) -> bool:
        """Whether the figure keeps to what is expected; one that is no number does not."""
        if self.relation == "at_least":
            return self.actual >= self.expected
        return self.actual <= self.expected


class BehaviourData(NamedTuple):
    """The rows that the behaviour of a spec's network is tested with, raw and prepared."""

    spec: Spec
    graph: Graph
    compute: ComputeConfig
    preparation: Preparation
    raw: Splits
    splits: PreparedSplits

    @property
    def raw_test(self) -> Rows:
        """The raw test rows, which a check has found."""
        assert self.raw.test is not None  # noqa: S101
        return self.raw.test

    @property
    def test(self) -> PreparedRows:
        """The prepared test rows."""
        assert self.splits.test is not None  # noqa: S101
        return self.splits.test

    def raw_inputs(self, rows: slice) -> Values:
        """The raw inputs of some test rows, in memory, so that they can be changed."""
        raw = self.raw_test.take(rows).inputs
        if not isinstance(raw, Mapping):
            return np.asarray(raw)
        return {name: np.asarray(array) for name, array in raw.items()}

    def prepared(self, raw: Values) -> Values:
        """Prepared inputs; a DataError where they cannot be prepared, or do not fit."""
        inputs = self.preparation.prepared("inputs", raw)
        return checked_inputs(inputs, self.graph, self.compute)

    def chunks(self) -> Iterator[slice]:
        """The test rows, so many at a time that their raw inputs take little memory."""
        rows, size = self.raw_test.rows, chunk_rows(self.raw_test.inputs)
        return (slice(start, min(start + size, rows)) for start in range(0, rows, size))

    def row_name(self, row: int) -> str:
        """What messages call a test row: `houses.csv:9`, `test row 7 of x_test`."""
        origin = self.test.origin
        if origin.table is not None:
            return origin.table.row(origin.number(row))
        return origin.row(next(iter(by_name(self.raw_test.inputs, "inputs"))), row)


class TrainedModel(NamedTuple):
    """A trained network, and the rows that its behaviour is tested with."""

    data: BehaviourData
    program: Program
    on_steps: OnSteps = ignore_steps
    should_stop: ShouldStop = never_stop

    def predict(self, inputs: Values, output: str) -> Array:
        """An output (rows, ...) for prepared inputs, in float64."""
        if self.should_stop():
            raise TrainingInterrupt
        with np.errstate(all="ignore"):
            outputs = self.program.predict_outputs(named(inputs, self.data.graph.inputs))
        return outputs[output].astype(np.float64)

    def predict_test(self, rows: slice, output: str) -> Array:
        """An output for some test rows."""
        numbers = np.arange(rows.start, rows.stop)
        return self.predict(self.data.test.take(numbers).inputs, output)

    def chunks(self) -> Iterator[slice]:
        """The test rows in chunks; progress is told after each."""
        for rows in self.data.chunks():
            yield rows
            self.on_steps(rows.stop, self.data.raw_test.rows)


def _nothing_to_check(_: Any, __: BehaviourData, ___: Locate) -> None:
    pass


class BehaviourRule(NamedTuple):
    """Functions of a behaviour.

    `evaluate(behaviour, model)` gives the outcome of a TrainedModel. `check(behaviour, data,
    locate)` raises, before the training, an error at the place of an option that does not fit the
    data; `locate("column")` is where an option is written.
    """

    evaluate: Callable[[Any, TrainedModel], Outcome]
    check: Callable[[Any, BehaviourData, Locate], None] = _nothing_to_check


BEHAVIOUR: Rules[BehaviourRule] = Rules(
    "numpy", "behaviour", "nnspec.training.behaviour", {
        "class_recall": "classes",
        "invariance": "invariance",
        "monotonicity": "monotonicity",
        "overfits_one_batch": "one_batch",
        "predicted_share": "classes",
        "shuffled_targets": "shuffled",
    },
)  # fmt: skip
