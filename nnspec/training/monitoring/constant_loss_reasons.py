"""Reasons for a loss that does not move: layers that tell no rows apart, no gradients, no steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.traced_pass import TracedStep
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.ir import Graph, Path
from nnspec.graph.summary import summarise
from nnspec.training.diagnosis.evidence import Evidence, magnitude
from nnspec.training.diagnosis.replay import FailingUpdate
from nnspec.training.session import TrainingSession

_LOST = 1e-7  # a relative change of a weight by an update that rounding to float32 takes away
_ROWS = 64
_MOST_FLOPS = 10**10  # of the pass that looks for the reason


class ConstantLossReason(NamedTuple):
    """Why a loss does not move, and the path of what is to be changed in the spec."""

    message: str
    path: Path
    is_of_a_minimum: bool = False  # whether a training that has learnt comes to rest so too


def constant_loss_reason(
    session: TrainingSession, compute: ComputeConfig
) -> ConstantLossReason | None:
    """The reason that the next update with the first training rows shows; None if it shows none."""
    rows = min(_ROWS, session.splits.train.rows)
    if rows * summarise(session.graph).flops > _MOST_FLOPS:
        return None
    try:
        evidence = Evidence(session, _next_update(session, rows), compute)
        found = (rule(evidence) for rule in _RULES)
        return next((reason for reason in found if reason), None)
    except (NnspecError, MemoryError):  # a layer that the reference engine has no rule for
        return None


def _next_update(session: TrainingSession, rows: int) -> FailingUpdate:
    """The next update, with the first training rows."""
    program, train, batch = session.program, session.splits.train, np.arange(rows)
    return FailingUpdate(
        program.weights(), program.state(), train, batch, train.take(batch), {}, None, np.empty(0)
    )


def _dead_layer(evidence: Evidence) -> ConstantLossReason | None:
    """The first layer that gives the same numbers in each row, where its inputs differ."""
    step, exact = evidence.own, evidence.exact
    for node in step.graph.nodes:
        y = step.values[node.name]
        if not _differ(y) and any(_differ(step.values[value]) for value in node.inputs):
            is_lost = _differ(exact.values[node.name])
            rounding = f" in {evidence.compute.dtype}, and not in float64" if is_lost else ""
            what = "the same numbers" if y.any() else "0"
            message = f"{node.origin} gives {what} in each row{rounding}"
            return ConstantLossReason(message, node.path)
    return None


def _differ(values: Array) -> bool:
    """Whether rows differ."""
    return bool((values != values[:1]).any())


def _no_gradient(evidence: Evidence) -> ConstantLossReason | None:
    """All gradients are 0."""
    step = evidence.exact
    if not step.gradients or any(gradient.any() for gradient in step.gradients.values()):
        return None
    message, path = "the gradient of each weight is 0", _last_path(evidence.graph, step)
    return ConstantLossReason(message, path, is_of_a_minimum=True)


def _last_path(graph: Graph, step: TracedStep) -> Path:
    return next(graph.by_name[n.name].path for n in reversed(step.graph.nodes) if n.weights)


def _lost_steps(evidence: Evidence) -> ConstantLossReason | None:
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
    return ConstantLossReason(message, ("optimizer", optimizer.kind, "learning_rate"))


_RULES: tuple[Callable[[Evidence], ConstantLossReason | None], ...] = (
    _dead_layer,
    _no_gradient,
    _lost_steps,
)
