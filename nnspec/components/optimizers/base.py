"""Base classes of optimizers: how a gradient g changes a weight w, counting steps t from 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Self

from pydantic import model_validator

from nnspec.components.schedules.base import EpochMetrics, Rate, RateFunction, Schedule, rate_at
from nnspec.options.component import Component
from nnspec.options.types import NonNegativeFloat, PositiveFloat

NO_SLOTS: Mapping[str, float] = MappingProxyType({})


class Solver(Component):
    """Base class of optimizers and closed-form solvers: how the loss is minimized."""

    family = "optimizer"


class Optimizer(Solver):
    """A rule that changes weights by their gradients.

    `clipvalue` c limits each number of a gradient to [-c, c]; `clipnorm` each weight's gradient
    to the norm c; `global_clipnorm` all gradients together: g <- g c / max(norm, c).
    `weight_decay` d is decoupled from the gradient: w <- w - learning_rate d w, before the rule.
    """

    elementwise: ClassVar[bool] = True  # whether a number of a weight is updated by itself
    rate_is_a_share: ClassVar[bool] = False  # of a step that has the weight's unit, up to 1

    learning_rate: Rate = 0.01
    weight_decay: NonNegativeFloat = 0.0
    clipvalue: PositiveFloat | None = None
    clipnorm: PositiveFloat | None = None
    global_clipnorm: PositiveFloat | None = None

    @model_validator(mode="after")
    def _check_clipping(self) -> Self:
        if sum(c is not None for c in (self.clipvalue, self.clipnorm, self.global_clipnorm)) > 1:
            raise ValueError("only one of clipvalue, clipnorm and global_clipnorm can be set")
        return self

    @property
    def slots(self) -> Mapping[str, float]:
        """The arrays that it keeps for each weight, of the weight's shape, and where they start."""
        return NO_SLOTS

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
