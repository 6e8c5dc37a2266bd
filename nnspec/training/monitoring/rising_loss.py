"""Advice during a training whose loss stays far above its start."""

from __future__ import annotations

from nnspec.components.optimizers.base import Optimizer
from nnspec.errors import Problem
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec

CODE = "rising-loss"
_TIMES = 10.0
_UPDATES = 50  # after which it is no accident of the first steps


class RisingLoss:
    """Tells, once, that the mean loss of an epoch is 10 times that at the start.

    `start` is the loss before any update, or that of the first epoch where a training goes on.
    """

    def __init__(self, spec: Spec, start: float) -> None:
        self.spec, self.start = spec, start
        self.is_told = CODE in spec.silence or start <= 0

    def advice(self, epoch: int, updates: int, loss: float) -> list[Problem]:
        """The advice where it is due; `loss` is the mean of an epoch so far, after `updates`."""
        if self.is_told or updates < _UPDATES or not loss > _TIMES * self.start:
            return []
        self.is_told = True
        optimizer = self.spec.optimizer
        kind = optimizer.kind if isinstance(optimizer, Optimizer) else ""
        message = (
            f"after {updates:,} updates the loss is {loss:.4g} in epoch {epoch}, "
            f"{loss / self.start:.3g} times that at the start"
        )
        where = self.spec.locate("optimizer", kind, "learning_rate")
        return [Problem(message, where, REASONS[CODE], CODE, ADVICE)]
