"""Base classes of optimizers: how a gradient g changes a weight w, counting steps t from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from nnspec.components.schedules.base import EpochMetrics, Rate, RateFunction, Schedule, rate_at
from nnspec.options.component import Component
from nnspec.options.types import (
    MAX_SIZE,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    UnitInterval,
)

NO_SLOTS: Mapping[str, float] = MappingProxyType({})
AVERAGE = "average"  # the slot of the moving averages of the weights
ACCUMULATOR = "gradient_accumulator"  # the slot of the sums of gradients that await an update


class Solver(Component):
    """Base class of optimizers and closed-form solvers: how the loss is minimized."""

    family = "optimizer"


class Optimizer(Solver):
    """A rule that changes weights by their gradients.

    `clipvalue` c limits each number of a gradient to [-c, c]; `clipnorm` each weight's gradient
    to the norm c; `global_clipnorm` all gradients together: g <- g c / max(norm, c).
    `weight_decay` d is decoupled from the gradient: w <- w - learning_rate d w, before the rule.

    With `use_ema` there is a moving average of each weight w: a <- w at the first update, then
    a <- ema_momentum a + (1 - ema_momentum) w, after the rule and before any constraint. Every
    `ema_overwrite_frequency` updates w <- a; and when training has ended, so that what follows uses
    the averages. Losses and validation during training are those of w.

    With `gradient_accumulation_steps` k there is an update after every k batches, by the mean of
    their gradients, which is what is clipped. Batches are counted through: those left over at the
    end of an epoch are the first of the next one's update. Schedules see the number of batches; the
    rule's t and the averages that of updates, though a and constraints are computed at each batch.
    """

    elementwise: ClassVar[bool] = True  # whether a number of a weight is updated by itself
    rate_is_a_share: ClassVar[bool] = False  # of a step that has the weight's unit, up to 1

    learning_rate: Rate = 0.01
    weight_decay: NonNegativeFloat = 0.0
    clipvalue: PositiveFloat | None = None
    clipnorm: PositiveFloat | None = None
    global_clipnorm: PositiveFloat | None = None
    use_ema: bool = False
    ema_momentum: UnitInterval = 0.99
    ema_overwrite_frequency: PositiveInt | None = None
    gradient_accumulation_steps: Annotated[int, Field(ge=2, le=MAX_SIZE)] | None = None

    @model_validator(mode="after")
    def _check_clipping(self) -> Self:
        if sum(c is not None for c in (self.clipvalue, self.clipnorm, self.global_clipnorm)) > 1:
            raise ValueError("only one of clipvalue, clipnorm and global_clipnorm can be set")
        return self

    @model_validator(mode="after")
    def _check_ema(self) -> Self:
        default = type(self).model_fields["ema_momentum"].default
        for option, given in (
            ("ema_momentum", self.ema_momentum != default),
            ("ema_overwrite_frequency", self.ema_overwrite_frequency is not None),
        ):
            if given and not self.use_ema:
                raise ValueError(f"{option} needs use_ema: true")
        return self

    @property
    def slots(self) -> Mapping[str, float]:
        """The arrays that the rule keeps for each weight, of its shape, and where they start."""
        return NO_SLOTS

    @property
    def state_slots(self) -> Mapping[str, float]:
        """All arrays that are kept for each weight: those of the rule, averages, accumulators."""
        kept = {AVERAGE: self.use_ema, ACCUMULATOR: self.batches_per_update > 1}
        return {**self.slots, **{slot: 0.0 for slot, is_kept in kept.items() if is_kept}}

    @property
    def batches_per_update(self) -> int:
        """How many batches there are to an update."""
        return self.gradient_accumulation_steps or 1

    def updates(self, step: int) -> int:
        """The number of updates that are made in `step` batches."""
        return step // self.batches_per_update

    def updates_after(self, step: int) -> bool:
        """Whether there is an update at the end of the batch that follows `step` earlier ones."""
        return (step + 1) % self.batches_per_update == 0

    def overwrites_weights(self, step: int) -> bool:
        """Whether averages become the weights in the update that follows `step` earlier ones."""
        every = self.ema_overwrite_frequency
        return every is not None and (step + 1) % every == 0

    def rate(self, step: int) -> float:
        """The learning rate after `step` batches."""
        return rate_at(self.learning_rate, step)

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction | None:
        """The learning rate of the epoch that follows `epochs`, as a function of the step.

        None where the rate does not depend on what was measured: it is `rate` then.
        """
        schedule = self.learning_rate
        if isinstance(schedule, Schedule) and schedule.uses_metrics():
            return schedule.rate_after(epochs)
        return None
