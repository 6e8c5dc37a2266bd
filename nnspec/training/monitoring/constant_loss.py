"""Advice on a training whose loss does not move."""

from __future__ import annotations

from nnspec.compute import ComputeConfig
from nnspec.errors import Problem
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.training.session import TrainingSession

CODE = "constant-loss"
_MOVES = 0.01  # a relative difference of the loss that is a movement
_CHECKS = 3  # for a reason, in the first epochs whose loss does not move
_UPDATES = 50  # after which it should have moved


class ConstantLoss:
    """Tells, once, why the loss of an epoch is that of the one before, or that before any update.

    Where it rests because the training has converged there is no reason, and nothing is told.
    """

    def __init__(self, session: TrainingSession, compute: ComputeConfig, start: float) -> None:
        self.session, self.compute = session, compute
        self.start = self.before = start
        self.updates = 0
        self.checks_left = 0 if CODE in session.spec.silence else _CHECKS

    def advice(self, updates: int, loss: float) -> list[Problem]:
        """The advice after an epoch of so many updates with a mean loss, where it is due."""
        self.updates, before, self.before = self.updates + updates, self.before, loss
        rests = abs(loss - before) <= _MOVES * abs(before)
        if not self.checks_left or self.updates < _UPDATES or not rests:
            return []
        self.checks_left -= 1
        from nnspec.training.monitoring.constant_loss_reasons import (
            constant_loss_reason,  # few trainings need it
        )

        reason = constant_loss_reason(self.session, self.compute)
        has_learnt = loss < (1 - _MOVES) * self.start
        if reason is None or (reason.is_of_a_minimum and has_learnt):
            return []
        self.checks_left = 0
        message = f"the loss stays at {loss:.6g}: {reason.message}"
        where = self.session.spec.locate(*reason.path)
        return [Problem(message, where, REASONS[CODE], CODE, ADVICE)]
