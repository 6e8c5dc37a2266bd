"""What a training has measured: its epochs, and the batches of the one at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from nnspec.backends.contract import BatchMetrics, Program, Weights
from nnspec.components.schedules.base import EpochMetrics
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.callbacks.training_callbacks import (
    NO_CALLBACKS,
    CallbackStates,
    TrainingCallbacks,
)

EndedBy = Literal["epochs", "steps", "early_stopping", "callbacks", "time_budget"]


class Epoch(NamedTuple):
    """The metrics of an epoch: means over its rows, each computed before the row's update."""

    epoch: int  # from 1
    metrics: dict[str, float]
    seconds: float
    validation: dict[str, float] | None = None  # None where it was not validated
    columns: dict[str, float] | None = None  # that callbacks add

    @property
    def measured(self) -> EpochMetrics:
        """The metrics by their names in `history.csv`: those of validation begin with `val_`."""
        validation = {f"val_{name}": value for name, value in (self.validation or {}).items()}
        return {**self.metrics, **validation, **(self.columns or {})}

    def plain(self) -> dict[str, Any]:
        """The epoch as an item of `epochs` in `run --json`."""
        values: dict[str, Any] = {"epoch": self.epoch, **self.metrics, **(self.columns or {})}
        values["seconds"] = self.seconds
        return values if self.validation is None else {**values, "validation": self.validation}


class PartialEpoch(NamedTuple):
    """What a last epoch that is shorter than the others goes on from, if more steps follow."""

    batches: BatchMetrics
    best: Weights | None  # of the epochs before it
    best_checkpoint: Weights | None
    callbacks: CallbackStates


class TrainingHistory:
    """What a training has measured: its whole epochs, and the batches of the next one so far.

    `train_epochs` goes on after them and adds to them; `seconds` is the time since the next epoch
    began, `elapsed` that of all epochs and validations. `batches` is None where none of it is done.
    """

    def __init__(
        self,
        epochs: Sequence[Epoch] = (),
        batches: BatchMetrics | None = None,
        seconds: float = 0.0,
        best: Weights | None = None,
        elapsed: float = 0.0,
        best_checkpoint: Weights | None = None,
        callbacks: TrainingCallbacks = NO_CALLBACKS,
    ) -> None:
        self.epochs, self.batches, self.seconds = list(epochs), batches, seconds
        self.best = best  # weights after the best epoch, where they are to be restored
        self.best_checkpoint = best_checkpoint  # after that which `train.checkpoint` finds best
        self.elapsed, self.callbacks = elapsed, callbacks
        self.partial: PartialEpoch | None = None  # the last of the epochs

    @property
    def batches_done(self) -> int:
        """The number of batches of the next epoch that are done."""
        return 0 if self.batches is None else len(self.batches.rows)

    @property
    def measured(self) -> list[EpochMetrics]:
        """The metrics of each whole epoch."""
        return [epoch.measured for epoch in self.epochs]

    def reopened(self) -> TrainingHistory:
        """The same, with a partial last epoch as it was before its end: more steps may follow."""
        if self.partial is None:
            return self
        *epochs, last = self.epochs
        batches, best, best_checkpoint, _ = self.partial
        return TrainingHistory(epochs, batches, last.seconds, best, self.elapsed, best_checkpoint)

    def callback_states(self) -> CallbackStates:
        """What callbacks go on from; before a partial last epoch, if there is one."""
        return self.callbacks.states() if self.partial is None else self.partial.callbacks

    def steps(self, plan: BatchPlan) -> int:
        """The number of batches that are done, in all epochs of a plan."""
        if self.partial is None:
            return len(self.epochs) * plan.steps_per_epoch + self.batches_done
        return (len(self.epochs) - 1) * plan.steps_per_epoch + len(self.partial.batches.rows)

    def add_batches(self, metrics: BatchMetrics) -> BatchMetrics:
        """Add those of the next batches; what all batches of the epoch give so far."""
        self.batches = BatchMetrics.join([metrics] if not self.batches else [self.batches, metrics])
        return self.batches

    def end_epoch(
        self, validation: dict[str, float] | None, plan: BatchPlan, program: Program
    ) -> Epoch:
        """Make the batches a whole epoch, with what callbacks compute of it."""
        assert self.batches is not None  # noqa: S101  (there is a batch in each epoch)
        if self.batches_done < plan.steps_per_epoch:
            states = self.callbacks.states()
            self.partial = PartialEpoch(self.batches, self.best, self.best_checkpoint, states)
        number = len(self.epochs) + 1
        epoch = Epoch(number, self.batches.results, self.seconds, validation)
        columns = self.callbacks.end_epoch([*self.measured, epoch.measured], program)
        epoch = epoch._replace(columns=columns or None)
        self.epochs.append(epoch)
        self.batches, self.seconds = None, 0.0
        return epoch

    def ended_by(self, plan: BatchPlan) -> EndedBy | None:
        """Why no epoch follows those that are whole; None where one does.

        The options of the plan are bound to metrics.
        """
        if self.batches is not None:
            return None
        measured, callbacks = self.measured, plan.options.callbacks or ()
        if ended := self._ended_by(plan, measured):
            return ended
        return "callbacks" if measured and any(c.stops(measured) for c in callbacks) else None

    def is_last(self, plan: BatchPlan) -> bool:
        """Whether no epoch follows the one at hand, all of whose batches are done.

        Callbacks, which may end the training by its validation, are asked when it has ended.
        """
        assert self.batches is not None  # noqa: S101
        return self._ended_by(plan, [*self.measured, self.batches.results]) is not None

    def _ended_by(self, plan: BatchPlan, measured: Sequence[EpochMetrics]) -> EndedBy | None:
        stopping = plan.options.early_stopping
        if self.steps(plan) >= plan.steps:
            return "epochs" if plan.options.steps is None else "steps"
        if stopping and stopping.after(measured).stops:
            return "early_stopping"
        return "time_budget" if self.is_over_budget(plan) else None

    def is_over_budget(self, plan: BatchPlan) -> bool:
        """Whether the time budget is used up, if there is one."""
        budget = plan.options.time_budget
        return budget is not None and self.elapsed >= budget
