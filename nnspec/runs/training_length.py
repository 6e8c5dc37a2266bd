"""How long the training of a run was, and what ended it, as `metrics.json` says."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # they import NumPy and pydantic
    from nnspec.spec.train_options import TrainOptions
    from nnspec.training.batch_plan import BatchPlan
    from nnspec.training.history import EndedBy, TrainingHistory


class TrainingLength(NamedTuple):
    """How many batches a training had, how many are an epoch, and what ended it.

    `ended_by` is None where it was interrupted; `time_budget` is what the spec allows, in seconds.
    """

    steps: int
    steps_per_epoch: int
    ended_by: EndedBy | None
    time_budget: float | None = None

    @classmethod
    def of(cls, plan: BatchPlan, history: TrainingHistory) -> TrainingLength:
        """That of a history, of a plan whose options are bound to metrics."""
        steps, ended = history.steps(plan), history.ended_by(plan)
        return cls(steps, plan.steps_per_epoch, ended, plan.options.time_budget)

    @classmethod
    def from_plain(cls, values: Any) -> TrainingLength | None:
        """That which `training` in `metrics.json` describes; None where it says nothing.

        Raises TypeError or ValueError where it is damaged.
        """
        if values is None:
            return None
        length = cls(**values)
        if not length.steps >= 0 < length.steps_per_epoch or not (length.time_budget or 0) >= 0:
            raise ValueError("no length of a training")
        return length

    @property
    def is_out_of_time(self) -> bool:
        """Whether the time budget has ended it."""
        return self.ended_by == "time_budget"

    @property
    def is_whole(self) -> bool:
        """Whether it had all epochs or steps that the spec asks for."""
        return self.ended_by in ("epochs", "steps")

    def covers(self, options: TrainOptions) -> bool:
        """Whether it is as long as options say, as far as that is known without the rows."""
        if self.is_out_of_time and (options.time_budget or inf) <= (self.time_budget or inf):
            return options.time_budget is not None
        if options.steps is not None:
            return self.steps >= options.steps
        return self.steps // self.steps_per_epoch >= (options.epochs or 0)


def extent(epochs: int, options: TrainOptions, length: TrainingLength | None) -> str:
    """`3 of 20 epochs`, or `12 of 50 steps`: what a training has, of what it was to have."""
    if options.steps is None:
        return f"{epochs} of {options.epochs} epochs"
    return f"{length.steps if length else '?'} of {options.steps} steps"
