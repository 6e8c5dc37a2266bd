"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from nnspec.components.optimizers.moments import MomentOptimizer
from nnspec.options.types import NonNegativeFloat


class AdamRule(MomentOptimizer):
    """Base class of Adam and AdamW: the bias correction, and the largest second moment."""

    amsgrad: bool = False

    @property
    def slots(self) -> Mapping[str, float]:
        """Those of the moments; `velocity_hat`, the largest v so far, if `amsgrad`."""
        return {**super().slots, **({"velocity_hat": 0.0} if self.amsgrad else {})}

    def correction(self, step: int) -> float:
        """Bias correction sqrt(1 - beta_2^t) / (1 - beta_1^t) with t = step + 1."""
        t = step + 1
        return sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)


class Adam(AdamRule, kind="adam", primary="learning_rate"):
    """Adaptive moment estimation: m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v),
    w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    (Kingma and Ba, 2015, with the epsilon of its section 2, as in Keras). With `amsgrad` the
    largest v so far stands in place of v (Reddi et al., 2018).

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
