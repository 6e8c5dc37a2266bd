"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import PositiveFloat, UnitInterval


class RMSprop(Optimizer, kind="rmsprop", primary="learning_rate"):
    """v <- rho v + (1 - rho) g^2, w <- w - learning_rate g / sqrt(v + epsilon) (Hinton, 2012).

    With `centered`, a <- rho a + (1 - rho) g and v - a^2 stands in place of v. With momentum m,
    b <- m b + the step, w <- w - b.

    Remark: divides by the gradient's recent size, so each weight has its own learning rate, and
    the scale of the loss matters little.
    """

    learning_rate: Rate = 0.001
    rho: UnitInterval = 0.9
    momentum: UnitInterval = 0.0
    epsilon: PositiveFloat = 1e-7
    centered: bool = False

    @property
    def slots(self) -> Mapping[str, float]:
        """`velocity` v, `momentum` b, `average_gradient` a."""
        kept = {"velocity": True, "momentum": self.momentum, "average_gradient": self.centered}
        return {slot: 0.0 for slot, is_kept in kept.items() if is_kept}
