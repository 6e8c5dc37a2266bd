"""What is known of a training before it has run: its first loss, its memory, its duration."""

from __future__ import annotations

import time
from math import isfinite
from typing import Any, NamedTuple

from nnspec.training.loop import Progress
from nnspec.training.memory_check import MemoryNeed, format_bytes
from nnspec.training.monitoring.initial_loss import InitialLoss

WORTH_TELLING = 10.0  # seconds of a training whose expected duration is told
_MEASURED = 0.5  # seconds of updates from which the rest is extrapolated


class Preflight(NamedTuple):
    """The first loss, the memory that training needs at least, and the seconds that it may take.

    `seconds` are extrapolated from the first updates; None where the training ended before that.
    """

    initial: InitialLoss
    memory: MemoryNeed
    seconds: float | None = None

    def plain(self) -> dict[str, Any]:
        """The content of `preflight` in `run --json`."""
        return {
            "loss": self.initial.loss if isfinite(self.initial.loss) else None,
            "reference_loss": self.initial.reference,
            "memory_bytes": self.memory.total,
            "largest_layer": self.memory.layer,
            "expected_seconds": self.seconds,
        }

    def __str__(self) -> str:
        """One line: the duration, the memory, and the first loss."""
        memory = format_bytes(self.memory.total)
        known = self.initial.reference
        beside = "" if known is None else f" ({self.initial.meaning} {known:.4g})"
        took = "" if self.seconds is None else f"about {_duration(self.seconds)}, "
        return (
            f"{took}at least {memory} of memory; the loss starts at {self.initial.loss:.4g}{beside}"
        )


class DurationEstimate:
    """Extrapolates the duration of the updates; the first chunk, which prepares much, is left out.

    Validation and the saving of checkpoints are not counted; early stopping may end it sooner. It
    is at most what is left of a time budget.
    """

    def __init__(self, done: int = 0) -> None:
        self.done = done  # updates that were made before
        self.first: tuple[float, int] | None = None  # when, after which batch

    def seconds(self, progress: Progress) -> float | None:
        """The expected seconds of the updates to come, once enough of them have been made."""
        now, done = time.perf_counter(), progress.step
        if self.first is None:
            self.first = now, done
            return None
        since, before = self.first
        if now - since < _MEASURED:
            return None
        expected = (now - since) / (done - before) * (progress.steps - self.done)
        return expected if progress.budget_left is None else min(expected, progress.budget_left)


def _duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
