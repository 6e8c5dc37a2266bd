"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import PositiveFloat, UnitInterval


class Adamax(Optimizer, kind="adamax", primary="learning_rate"):
    """Adam with the largest recent gradient: m <- m + (1 - beta_1) (g - m),
    u <- max(beta_2 u, |g|), w <- w - learning_rate / (1 - beta_1^t) m / (u + epsilon)
    (Kingma and Ba, 2015, section 7). PyTorch adds epsilon to |g| instead.

    Remark: no step is much longer than the learning rate; for gradients that are rarely large,
    as those of embeddings.
    """

    learning_rate: Rate = 0.001
    beta_1: UnitInterval = 0.9
    beta_2: UnitInterval = 0.999
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        """`momentum` m, `norm` u."""
        return {"momentum": 0.0, "norm": 0.0}

    def correction(self, step: int) -> float:
        """Bias correction 1 / (1 - beta_1^t) with t = step + 1."""
        return 1 / (1 - self.beta_1 ** (step + 1))
