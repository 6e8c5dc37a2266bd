"""A learning rate that rises at the start, before a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnspec.components.schedules.base import (
    EpochMetrics,
    Rate,
    RateFunction,
    Schedule,
    highest_rate,
    rate_at,
    rate_function,
    rise,
)
from nnspec.options.messages import LocatedError
from nnspec.options.types import NonNegativeFloat, PositiveInt


class Warmup(Schedule, kind="warmup"):
    """initial + (target - initial) step / warmup_steps, then `schedule`, from its own start.

    `schedule` is any schedule, or a rate; target is its first rate.

    Remark: the first updates of a network are the wildest, and adam's averages hold little yet.
    """

    warmup_steps: PositiveInt
    schedule: Rate
    initial_learning_rate: NonNegativeFloat = 0.0

    example = "{warmup: {warmup_steps: 100, schedule: 0.1}}"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return self._warmed(lambda later: rate_at(self.schedule, later))(step)

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction:
        """The learning rate of the epoch that follows `epochs`, as a function of the step."""
        return self._warmed(rate_function(self.schedule, epochs))

    def uses_metrics(self) -> bool:
        """Whether the schedule does."""
        return isinstance(self.schedule, Schedule) and self.schedule.uses_metrics()

    def bind(self, metrics: Mapping[str, bool]) -> Warmup:
        """The warm-up with its schedule resolved."""
        if not isinstance(self.schedule, Schedule):
            return self
        try:
            return self.replace(schedule=self.schedule.bind(metrics))
        except LocatedError as error:
            path = "schedule", self.schedule.kind, *error.path
            raise LocatedError(str(error), *path) from None

    @property
    def highest(self) -> float:
        """The highest rate of the schedule, or the first of all."""
        return max(self.initial_learning_rate, highest_rate(self.schedule))

    def _warmed(self, rate: RateFunction) -> RateFunction:
        """The warm-up, then another rate."""

        def warmed(step: int) -> float:
            if step >= self.warmup_steps:
                return rate(step - self.warmup_steps)
            return rise(self.initial_learning_rate, rate(0), step / self.warmup_steps)

        return warmed
