"""The state of a training between two batches: all that it goes on from."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.backends.contract import BatchMetrics, Program, State, Weights
from nnspec.training.history import Epoch, TrainingHistory


class Position(NamedTuple):
    """How far a training has come."""

    epochs: int  # whole ones
    batches: int  # of the next epoch
    step: int  # all batches


class TrainingState(NamedTuple):
    """Weights, the optimizer's state, and what was measured in whole epochs and in the next one."""

    weights: Weights
    optimizer: State
    epochs: tuple[Epoch, ...] = ()
    batches: BatchMetrics | None = None  # of the next epoch
    seconds: float = 0.0  # that these batches took
    best: Weights | None = None  # after the best epoch, where they are to be restored
    elapsed: float = 0.0  # seconds of all epochs and validations

    @classmethod
    def of(cls, program: Program, history: TrainingHistory) -> TrainingState:
        """A copy of the state of a program that is being trained.

        A partial last epoch has not ended in it, so that it can get more steps.
        """
        history = history.reopened()
        measured = tuple(history.epochs), history.batches, history.seconds, history.best
        return cls(program.weights(), program.state(), *measured, history.elapsed)

    def restore(self, program: Program) -> TrainingHistory:
        """Give the program this state; the history with which its training goes on."""
        program.set_weights(self.weights)
        program.set_state(self.optimizer)
        return TrainingHistory(self.epochs, self.batches, self.seconds, self.best, self.elapsed)

    @property
    def position(self) -> Position:
        """How far the training has come."""
        batches = 0 if self.batches is None else len(self.batches.rows)
        return Position(len(self.epochs), batches, self.optimizer.step)
