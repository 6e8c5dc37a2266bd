"""Base classes of optimizers: how a gradient g changes a weight w, counting steps t from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Self

from pydantic import model_validator

from nnspec.components.schedules.base import EpochMetrics, Rate, RateFunction, Schedule, rate_at
from nnspec.options.component import Component
from nnspec.options.types import NonNegativeFloat, PositiveFloat, PositiveInt, UnitInterval

NO_SLOTS: Mapping[str, float] = MappingProxyType({})
AVERAGE = "average"  # the slot of the moving averages of the weights


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
        """All arrays that are kept for each weight: those of the rule, and `average`."""
        return {**self.slots, **({AVERAGE: 0.0} if self.use_ema else {})}

    def overwrites_weights(self, step: int) -> bool:
        """Whether the update that follows `step` earlier ones ends with the averages as weights."""
        every = self.ema_overwrite_frequency
        return every is not None and (step + 1) % every == 0

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return rate_at(self.learning_rate, step)

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction | None:
        """The learning rate of the epoch that follows `epochs`, as a function of the step.

        None where the rate does not depend on what was measured: it is `rate` then.
        """
        schedule = self.learning_rate
        if isinstance(schedule, Schedule) and schedule.uses_metrics():
            return schedule.rate_after(epochs)
        return None
