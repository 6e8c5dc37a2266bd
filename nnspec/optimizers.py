"""Optimizers: how a gradient g changes a weight w."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nnspec.component import Component
from nnspec.fields import Fraction, PositiveNumber, Truth


class Optimizer(Component):
    """A rule that changes weights by their gradients; `slots` names the state it keeps."""

    family = "optimizer"
    learning_rate: PositiveNumber

    @property
    def slots(self) -> tuple[str, ...]:
        """The arrays it keeps per weight, each of the weight's shape, starting at 0."""
        return ()


class SGD(Optimizer, kind="sgd", primary="learning_rate"):
    """Stochastic gradient descent: w <- w - learning_rate g.

    With momentum m: v <- m v - learning_rate g, w <- w + v; with `nesterov`,
    w <- w + m v - learning_rate g (Sutskever et al., 2013), as in Keras.
    """

    learning_rate: PositiveNumber = 0.01
    momentum: Fraction = 0.0
    nesterov: Truth = False

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    @property
    def slots(self) -> tuple[str, ...]:
        """`momentum`: the velocity v."""
        return ("momentum",) if self.momentum else ()
