"""FTRL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import NonNegativeFloat, PositiveFloat


class Ftrl(Optimizer, kind="ftrl", primary="learning_rate"):
    """Follow the regularized leader (McMahan et al., 2013): with p = -learning_rate_power,
    n' = n + g^2, z <- z + g + 2 l2_shrinkage w - (n'^p - n^p) / learning_rate w,
    w <- (clip(z, -l1, l1) - z) / (n'^p / learning_rate + beta / learning_rate + 2 l2), n <- n'.

    n starts at `initial_accumulator_value`, above 0: Keras admits 0, and makes a weight without a
    gradient NaN. An update at a learning rate of 0 changes nothing; Keras divides by it.

    Remark: for linear models of very many rare features; with l1 most weights are exactly 0.
    The first update replaces the initial weights.
    """

    learning_rate: Rate = 0.001
    learning_rate_power: Annotated[float, Field(le=0)] = -0.5
    initial_accumulator_value: PositiveFloat = 0.1
    l1_regularization_strength: NonNegativeFloat = 0.0
    l2_regularization_strength: NonNegativeFloat = 0.0
    l2_shrinkage_regularization_strength: NonNegativeFloat = 0.0
    beta: NonNegativeFloat = 0.0

    @property
    def slots(self) -> Mapping[str, float]:
        """`accumulator` n, `linear` z."""
        return {"accumulator": self.initial_accumulator_value, "linear": 0.0}
