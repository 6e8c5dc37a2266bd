"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from nnspec.components.optimizers.base import NO_SLOTS, Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import UnitInterval


class SGD(Optimizer, kind="sgd", primary="learning_rate"):
    """Stochastic gradient descent: w <- w - learning_rate g.

    With momentum m: v <- m v - learning_rate g, w <- w + v; with `nesterov`,
    w <- w + m v - learning_rate g (Sutskever et al., 2013), as in Keras.

    Remark: subtracts where the gradient is positive, adds where it is negative, until it is 0. A
    learning rate that is too big overshoots and may diverge, one that is too small converges
    slowly; it is usually between 0 and 1. `nnspec loss-surface` shows it. With
    `batch_size: all` it is plain gradient descent.
    """

    learning_rate: Rate = 0.01
    momentum: UnitInterval = 0.0
    nesterov: bool = False

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    @property
    def slots(self) -> Mapping[str, float]:
        """Slot names: `momentum` (velocity v) if the momentum is not 0."""
        return {"momentum": 0.0} if self.momentum else NO_SLOTS
