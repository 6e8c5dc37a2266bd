"""Adam and AdamW."""

from __future__ import annotations

from math import sqrt

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import NonNegativeFloat, PositiveFloat, UnitInterval


class AdamRule(Optimizer):
    """Base class of Adam and AdamW: the betas, epsilon and the bias correction."""

    learning_rate: Rate = 0.001
    beta_1: UnitInterval = 0.9
    beta_2: UnitInterval = 0.999
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> tuple[str, ...]:
        """Slot names: `momentum` (first moment m), `velocity` (second moment v)."""
        return ("momentum", "velocity")

    def correction(self, step: int) -> float:
        """Bias correction sqrt(1 - beta_2^t) / (1 - beta_1^t) with t = step + 1."""
        t = step + 1
        return sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)


class Adam(AdamRule, kind="adam", primary="learning_rate"):
    """Adaptive moment estimation: m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v),
    w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    (Kingma and Ba, 2015, with the epsilon of its section 2, as in Keras).

    Remark: rmsprop with momentum, both corrected for their start at 0. It often needs less choice
    of a learning rate than sgd.
    """


class AdamW(AdamRule, kind="adamw", primary="learning_rate"):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    w <- w - learning_rate weight_decay w before the rule of `adam`.

    Remark: the decay is the same for every weight; a regularizer's would be divided by the
    gradient's size like the rest of the gradient.
    """

    weight_decay: NonNegativeFloat = 0.004
