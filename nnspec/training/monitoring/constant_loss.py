"""Advice on a training whose loss does not move: layers and gradients of 0, steps that are lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import State
from nnspec.backends.numpy.reference.traced_pass import TracedStep
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError, Problem
from nnspec.graph.ir import Graph, Path
from nnspec.graph.summary import summarise
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.training.diagnosis.evidence import Evidence, magnitude
from nnspec.training.diagnosis.replay import FailingUpdate
from nnspec.training.session import TrainingSession

CODE = "constant-loss"
_MOVES = 0.01  # a relative difference of the loss that is a movement
_CHECKS = 3  # for a reason, in the first epochs whose loss does not move
_UPDATES = 50  # after which it should have moved
_LOST = 1e-7  # a relative change of a weight by an update that rounding to float32 takes away
_ROWS = 64
_MOST_FLOPS = 10**10  # of the pass that looks for the reason


class _Reason(NamedTuple):
    message: str
    path: Path


class ConstantLoss:
    """Tells, once, why the loss of an epoch is that of the one before, or that before any update.

    Where it rests because the training has converged there is no reason, and nothing is told.
    """

    def __init__(self, session: TrainingSession, compute: ComputeConfig, start: float) -> None:
        self.session, self.compute, self.before = session, compute, start
        self.updates = 0
        self.checks_left = 0 if CODE in session.spec.silence else _CHECKS

    def advice(self, updates: int, loss: float) -> list[Problem]:
        """The advice after an epoch of so many updates with a mean loss, where it is due."""
        self.updates, before, self.before = self.updates + updates, self.before, loss
        rests = abs(loss - before) <= _MOVES * abs(before)
        if not self.checks_left or self.updates < _UPDATES or not rests:
            return []
        self.checks_left -= 1
        reason = self._reason()
        if reason is None:
            return []
        self.checks_left = 0
        message = f"the loss stays at {loss:.6g}: {reason.message}"
        where = self.session.spec.locate(*reason.path)
        return [Problem(message, where, REASONS[CODE], CODE, ADVICE)]

    def _reason(self) -> _Reason | None:
        session = self.session
        rows = min(_ROWS, session.splits.train.rows)
        if rows * summarise(session.graph).flops > _MOST_FLOPS:
            return None
        try:
            evidence = Evidence(session, _current(session, rows), self.compute)
            found = (rule(evidence) for rule in _RULES)
            return next((reason for reason in found if reason), None)
        except (NnspecError, MemoryError):  # a layer that the reference engine has no rule for
            return None


def _current(session: TrainingSession, rows: int) -> FailingUpdate:
    """The next update, with the first training rows."""
    program, train, batch = session.program, session.splits.train, np.arange(rows)
    state: State = program.state()
    return FailingUpdate(
        program.weights(), state, train, batch, train.take(batch), {}, None, np.empty(0)
    )


def _dead_layer(evidence: Evidence) -> _Reason | None:
    """The first layer that gives the same numbers in each row, where its inputs differ."""
    step, exact = evidence.own, evidence.exact
    for node in step.graph.nodes:
        y = step.values[node.name]
        if not _differ(y) and any(_differ(step.values[value]) for value in node.inputs):
            is_lost = _differ(exact.values[node.name])
            rounding = f" in {evidence.compute.dtype}, and not in float64" if is_lost else ""
            what = "the same numbers" if y.any() else "0"
            message = f"{node.origin} gives {what} in each row{rounding}"
            return _Reason(message, node.path)
    return None


def _differ(values: Array) -> bool:
    """Whether rows differ."""
    return bool((values != values[:1]).any())


def _no_gradient(evidence: Evidence) -> _Reason | None:
    """All gradients are 0."""
    step = evidence.exact
    if not step.gradients or any(gradient.any() for gradient in step.gradients.values()):
        return None
    return _Reason("the gradient of each weight is 0", _last_path(evidence.graph, step))


def _last_path(graph: Graph, step: TracedStep) -> Path:
    return next(graph.by_name[n.name].path for n in reversed(step.graph.nodes) if n.weights)


def _lost_steps(evidence: Evidence) -> _Reason | None:
    """All weights have moved by less than rounding in an update."""
    optimizer, updates = evidence.optimizer, evidence.failing.state.step
    if optimizer is None or not updates:
        return None
    shares = [
        magnitude(evidence.failing.weights[name] - initial) / magnitude(initial) / updates
        for name, initial in evidence.initial.items()
        if name in evidence.exact.gradients and magnitude(initial) > 0
    ]
    if not shares or max(shares) >= _LOST:
        return None
    moved = f"by {max(shares):.2g} of itself at most" if max(shares) else "by less than rounding"
    message = f"an update moves each weight {moved}"
    return _Reason(message, ("optimizer", optimizer.kind, "learning_rate"))


_RULES: tuple[Callable[[Evidence], _Reason | None], ...] = (_dead_layer, _no_gradient, _lost_steps)
