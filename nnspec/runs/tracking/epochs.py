"""What trackers are told of an epoch, and of the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnspec.backends.contract import Program
from nnspec.components.schedules.base import EpochMetrics
from nnspec.runs.tracking.base import TrackedEpoch
from nnspec.training.learning_rate import last_learning_rate


def tracked_epoch(program: Program, measured: Sequence[EpochMetrics]) -> TrackedEpoch:
    """The last of the epochs that were measured, and the learning rate of its last batch."""
    metrics = {**measured[-1], "learning_rate": last_learning_rate(program, measured)}
    return TrackedEpoch(len(measured), metrics, program.weights)


def figures(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The figures of each part: `test_loss`."""
    return {f"{part}_{n}": value for part, values in metrics.items() for n, value in values.items()}
