"""The interface of what a callback computes, and what it is given of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nnspec.backends.arrays import Arrays
from nnspec.backends.contract import Program, Weights
from nnspec.components.schedules.base import EpochMetrics
from nnspec.training.learning_rate import last_learning_rate


class EpochContext(NamedTuple):
    """An epoch that has ended: its metrics, and those of all before it; the program after it."""

    measured: Sequence[EpochMetrics]
    program: Program

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return len(self.measured)

    @property
    def metrics(self) -> EpochMetrics:
        """Its metrics by their names in history.csv."""
        return self.measured[-1]

    @property
    def learning_rate(self) -> float:
        """The learning rate of its last update."""
        return last_learning_rate(self.program, self.measured)

    def trained_weights(self) -> Weights:
        """A copy of each weight that is trained."""
        return trained_weights(self.program)


class CallbackRule:
    """What a callback does in a training; override what is of interest, by default it is nothing.

    What it keeps from one epoch to the next is in `state`: it is part of the checkpoint.
    """

    def on_train_begin(self, program: Program) -> None:
        """Called before the first update, and where a training goes on, after `set_state`."""

    def on_epoch_end(self, epoch: EpochContext) -> Mapping[str, float]:
        """Called after each epoch and its validation; the values of the callback's columns."""
        return {}

    def state(self) -> Arrays:
        """The arrays that it goes on from: float32, float64, int64 or uint8."""
        return {}

    def set_state(self, state: Arrays) -> None:
        """Go on from arrays that `state` gave."""


def trained_weights(program: Program) -> Weights:
    """A copy of each weight of a program that is trained, by name."""
    trained = {name for name, weight in program.graph.weights() if weight.trainable}
    return {name: array for name, array in program.weights().items() if name in trained}
