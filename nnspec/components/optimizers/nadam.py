"""Nadam."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from nnspec.components.optimizers.moments import MomentOptimizer

DECAY = 0.96  # of the warm-up of the momentum, from the paper
_ROUNDED_TO_1 = 900  # 1 - DECAY^i / 2 is 1 in float64 from here on

# prod_{i <= t} (1 - DECAY^i / 2) at t; it no longer changes after the last one.
WARMUP_PRODUCTS = tuple(
    accumulate(range(1, _ROUNDED_TO_1 + 1), lambda p, i: p * (1 - DECAY**i / 2), initial=1.0)
)


class Coefficients(NamedTuple):
    """Factors of an update: of the momentum, the gradient and the velocity."""

    momentum: float
    gradient: float
    velocity: float


class Nadam(MomentOptimizer, kind="nadam", primary="learning_rate"):
    """Adam with Nesterov momentum: with m and v as in `adam`, u_t = beta_1 (1 - 0.96^t / 2) and
    U_t = u_1 ... u_t, w <- w - learning_rate n / (sqrt(v / (1 - beta_2^t)) + epsilon), where
    n = u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t) (Dozat, 2016), as in Keras.
    PyTorch has it with `momentum_decay=1`.

    Remark: adam that steps from where the momentum leads.
    """

    def coefficients(self, step: int) -> Coefficients:
        """The factors of the update that follows `step` earlier ones."""
        t = step + 1
        product = self.beta_1**t * WARMUP_PRODUCTS[min(t, _ROUNDED_TO_1)]
        now, following = self._momentum(t), self._momentum(t + 1)
        return Coefficients(
            following / (1 - product * following),
            (1 - now) / (1 - product),
            1 / (1 - self.beta_2**t),
        )

    def _momentum(self, t: int) -> float:
        """The momentum u_t."""
        return self.beta_1 * (1 - DECAY**t / 2)
