"""Adagrad and Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import NonNegativeFloat, PositiveFloat, UnitInterval


class Adagrad(Optimizer, kind="adagrad", primary="learning_rate"):
    """n <- n + g^2, w <- w - learning_rate g / sqrt(n + epsilon) (Duchi et al., 2011).

    n starts at `initial_accumulator_value`. PyTorch starts it at 0 and adds epsilon to the root.

    Remark: a weight whose gradients were small, or rare, keeps a large step; all steps become
    shorter for ever, which rmsprop and adadelta mend.
    """

    learning_rate: Rate = 0.001
    initial_accumulator_value: NonNegativeFloat = 0.1
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        """`accumulator` n."""
        return {"accumulator": self.initial_accumulator_value}


class Adadelta(Optimizer, kind="adadelta", primary="learning_rate"):
    """a <- rho a + (1 - rho) g^2, d = g sqrt(b + epsilon) / sqrt(a + epsilon),
    b <- rho b + (1 - rho) d^2, w <- w - learning_rate d (Zeiler, 2012).

    Remark: the step has the unit of the weight, so that the paper has a learning rate of 1; the
    default is Keras', with which training is slow.
    """

    rate_is_a_share: ClassVar[bool] = True

    learning_rate: Rate = 0.001
    rho: UnitInterval = 0.95
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        """`accumulated_gradient` a, `accumulated_step` b."""
        return {"accumulated_gradient": 0.0, "accumulated_step": 0.0}
