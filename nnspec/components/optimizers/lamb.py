"""LAMB."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from nnspec.components.optimizers.moments import MomentOptimizer


class Corrections(NamedTuple):
    """Bias corrections 1 / (1 - beta^t) of the moments."""

    momentum: float
    velocity: float


class Lamb(MomentOptimizer, kind="lamb", primary="learning_rate"):
    """Adam whose step has the length of the weight: with m and v as in `adam`,
    s = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon),
    w <- w - learning_rate (|w| / |s|) s, with 1 for the ratio where a norm is 0
    (You et al., 2020). The norms are those of each weight array as a whole. As in Keras the
    weight decay comes before the rule, not into s as in the paper.

    Remark: for very large batches, where one learning rate does not fit every layer.
    """

    elementwise: ClassVar[bool] = False

    def corrections(self, step: int) -> Corrections:
        """The bias corrections of the update that follows `step` earlier ones."""
        t = step + 1
        return Corrections(1 / (1 - self.beta_1**t), 1 / (1 - self.beta_2**t))
