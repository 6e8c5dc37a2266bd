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
    best_checkpoint: Weights | None = None  # after the one that `train.checkpoint` finds best
    callbacks: CallbackStates = NO_STATES

    @classmethod
    def of(cls, program: Program, history: TrainingHistory) -> TrainingState:
        """A copy of the state of a program that is being trained.

        A partial last epoch has not ended in it, so that it can get more steps.
        """
        before = history.reopened()
        return cls(
            program.weights(), program.state(), tuple(before.epochs), before.batches,
            before.seconds, before.best, before.elapsed, before.best_checkpoint,
            history.callback_states(),
        )  # fmt: skip

    def restore(
        self, program: Program, callbacks: TrainingCallbacks = NO_CALLBACKS
    ) -> TrainingHistory:
        """Give program and callbacks this state; the history with which the training goes on."""
        callbacks.set_states(self.callbacks)
        program.set_weights(self.weights)
        program.set_state(self.optimizer)
        return TrainingHistory(
            self.epochs, self.batches, self.seconds, self.best, self.elapsed,
            self.best_checkpoint, callbacks,
        )  # fmt: skip

    @property
    def position(self) -> Position:
        """How far the training has come."""
        batches = 0 if self.batches is None else len(self.batches.rows)
        return Position(len(self.epochs), batches, self.optimizer.step)
