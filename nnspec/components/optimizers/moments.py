"""The base class of optimizers with running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import PositiveFloat, UnitInterval


class MomentOptimizer(Optimizer):
    """Base class of Adam's kin: m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v)."""

    learning_rate: Rate = 0.001
    beta_1: UnitInterval = 0.9
    beta_2: UnitInterval = 0.999
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        """`momentum` (first moment m), `velocity` (second moment v)."""
        return {"momentum": 0.0, "velocity": 0.0}
