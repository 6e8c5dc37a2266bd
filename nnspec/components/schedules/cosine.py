"""Learning-rate schedules along a cosine; `step` is the number of completed updates."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from nnspec.components.schedules.base import Schedule, power, rise
from nnspec.options.messages import LocatedError
from nnspec.options.types import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


class CosineDecay(Schedule, kind="cosine_decay"):
    """initial ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha), then alpha initial.

    With `warmup_target` and `warmup_steps` the rate first rises from initial to the target,
    initial + (target - initial) step / warmup_steps, and then decays from the target.
    """

    initial_learning_rate: NonNegativeFloat
    decay_steps: PositiveInt
    alpha: NonNegativeFloat = 0.0
    warmup_target: PositiveFloat | None = None
    warmup_steps: NonNegativeInt = 0

    example = "{cosine_decay: {initial_learning_rate: 0.1, decay_steps: 1000}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.warmup_target is None and self.warmup_steps:
            raise LocatedError("warmup_steps needs a warmup_target", "warmup_steps")
        if self.warmup_target is not None and not self.warmup_steps:
            raise LocatedError("warmup_target needs warmup_steps above 0", "warmup_target")
        if self.warmup_target is None and not self.initial_learning_rate:
            message = "initial_learning_rate must be above 0 without a warmup_target"
            raise LocatedError(message, "initial_learning_rate")
        return self

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        if step < self.warmup_steps:
            return rise(self.initial_learning_rate, self.highest, step / self.warmup_steps)
        share = min(step - self.warmup_steps, self.decay_steps) / self.decay_steps
        return self.highest * ((1 - self.alpha) * _cosine(share) + self.alpha)

    @property
    def highest(self) -> float:
        """The rate from which it decays."""
        return self.initial_learning_rate if self.warmup_target is None else self.warmup_target


class CosineDecayRestarts(Schedule, kind="cosine_decay_restarts"):
    """Cosine decays one after the other (Loshchilov and Hutter, 2017): decay i has
    first_decay_steps t_mul^i steps, from initial m_mul^i to alpha initial.

    initial ((1 - alpha) m_mul^i (1 + cos(pi s)) / 2 + alpha), with s the share of decay i that is
    done. `t_mul` is at least 1: below it Keras' rate is NaN in the end.
    """

    initial_learning_rate: PositiveFloat
    first_decay_steps: PositiveInt
    t_mul: Annotated[float, Field(ge=1)] = 2.0
    m_mul: PositiveFloat = 1.0
    alpha: NonNegativeFloat = 0.0

    example = "{cosine_decay_restarts: {initial_learning_rate: 0.1, first_decay_steps: 1000}}"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        decays, share = self._position(step / self.first_decay_steps)
        cosine = power(self.m_mul, decays) * _cosine(share)
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)

    def _position(self, done: float) -> tuple[int, float]:
        """The number of whole decays, and the share of the next, in `done` first decays."""
        if self.t_mul == 1:
            return math.floor(done), done % 1
        decays = math.floor(math.log(1 + done * (self.t_mul - 1)) / math.log(self.t_mul))
        if self._start(decays + 1) <= done:  # where a logarithm was rounded down
            decays += 1
        return decays, (done - self._start(decays)) / power(self.t_mul, decays)

    def _start(self, decays: int) -> float:
        """1 + t_mul + ... + t_mul^(decays - 1): the first decays that `decays` take."""
        return (power(self.t_mul, decays) - 1) / (self.t_mul - 1)


class OneCycle(Schedule, kind="one_cycle"):
    """From max / div_factor up to max and down to max / div_factor / final_div_factor, each along
    a cosine, a + (b - a) (1 - cos(pi s)) / 2 from a to b at share s (Smith and Topin, 2018).

    With p = pct_start total_steps - 1, s is step / p up to p, then
    (step - p) / (total_steps - 1 - p); after `total_steps` the rate stays. It is PyTorch's
    `OneCycleLR` with `cycle_momentum=False`; that one ends with an error after `total_steps`.
    """

    max_learning_rate: PositiveFloat
    total_steps: PositiveInt
    pct_start: Annotated[float, Field(gt=0, lt=1)] = 0.3
    div_factor: PositiveFloat = 25.0
    final_div_factor: PositiveFloat = 10_000.0

    example = "{one_cycle: {max_learning_rate: 0.1, total_steps: 1000}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self._top <= 0:
            message = f"pct_start is to be more than one of the {self.total_steps} steps"
            raise LocatedError(message, "pct_start")
        return self

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        start = self.max_learning_rate / self.div_factor
        if step <= self._top:
            return rise(self.max_learning_rate, start, _cosine(step / self._top))
        end, last = start / self.final_div_factor, self.total_steps - 1
        share = (min(step, last) - self._top) / (last - self._top)
        return rise(end, self.max_learning_rate, _cosine(share))

    @property
    def highest(self) -> float:
        """The rate between up and down."""
        return self.max_learning_rate

    @property
    def _top(self) -> float:
        """The step of the highest rate."""
        return self.pct_start * self.total_steps - 1


def _cosine(share: float) -> float:
    """(1 + cos(pi share)) / 2: from 1 to 0."""
    return (1 + math.cos(math.pi * share)) / 2
