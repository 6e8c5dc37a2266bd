"""What trackers are told of an epoch, and of the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnspec.backends.contract import Program, require_setup
from nnspec.components.schedules.base import EpochMetrics
from nnspec.runs.tracking.base import TrackedEpoch


def tracked_epoch(program: Program, measured: Sequence[EpochMetrics]) -> TrackedEpoch:
    """The last of the epochs that were measured, and the learning rate of its last batch."""
    optimizer = require_setup(program.setup).optimizer
    rate = optimizer.rate_after(measured[:-1]) or optimizer.rate
    learning_rate = rate(max(program.state().step - 1, 0))
    metrics = {**measured[-1], "learning_rate": learning_rate}
    return TrackedEpoch(len(measured), metrics, program.weights)


def figures(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The figures of each part: `test_loss`."""
    return {f"{part}_{n}": value for part, values in metrics.items() for n, value in values.items()}
