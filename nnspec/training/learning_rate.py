"""The learning rate of an epoch's last update."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.backends.contract import Program, require_setup
from nnspec.components.schedules.base import EpochMetrics


def last_learning_rate(program: Program, measured: Sequence[EpochMetrics]) -> float:
    """The learning rate of the last update of the last epoch that was measured."""
    optimizer = require_setup(program.setup).optimizer
    rate = optimizer.rate_after(measured[:-1]) or optimizer.rate
    return rate(max(program.state().step - 1, 0))
