"""Divergence of a training as a problem of its spec."""

from __future__ import annotations

from nnspec.errors import Problem
from nnspec.spec.document import Spec


def divergence_problem(spec: Spec, message: str, hint: str) -> Problem:
    """Divergence, at the learning rate."""
    optimizer = spec.optimizer
    where = spec.locate("optimizer", optimizer.kind if optimizer else "", "learning_rate")
    return Problem(f"training diverged: {message}", where, hint, code="diverged")
