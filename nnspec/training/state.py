"""The state of a training between two batches: all that it goes on from."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.backends.contract import BatchMetrics, Program, State, Weights
from nnspec.training.callbacks.training_callbacks import (
    NO_CALLBACKS,
    NO_STATES,
    CallbackStates,
    TrainingCallbacks,
)
from nnspec.training.loop import Epoch, TrainingHistory


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
    best_checkpoint: Weights | None = None  # after the one that `train.checkpoint` finds best
    callbacks: CallbackStates = NO_STATES

    @classmethod
    def of(cls, program: Program, history: TrainingHistory) -> TrainingState:
        """A copy of the state of a program that is being trained."""
        measured = tuple(history.epochs), history.batches, history.seconds
        best = history.best, history.best_checkpoint
        states = history.callbacks.states()
        return cls(program.weights(), program.state(), *measured, *best, states)

    def restore(
        self, program: Program, callbacks: TrainingCallbacks = NO_CALLBACKS
    ) -> TrainingHistory:
        """Give program and callbacks this state; the history with which the training goes on."""
        callbacks.set_states(self.callbacks)
        program.set_weights(self.weights)
        program.set_state(self.optimizer)
        best = self.best, self.best_checkpoint
        return TrainingHistory(self.epochs, self.batches, self.seconds, *best, callbacks)

    @property
    def position(self) -> Position:
        """How far the training has come."""
        batches = 0 if self.batches is None else len(self.batches.rows)
        return Position(len(self.epochs), batches, self.optimizer.step)
