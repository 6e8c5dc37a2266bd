"""When a run writes its next checkpoint."""

from __future__ import annotations

import time

from nnspec.spec.checkpoint_options import CheckpointOptions

MIN_SECONDS = 1.0  # between two checkpoints, unless the spec says otherwise
MAX_SHARE = 0.01  # of the time, that checkpoints take then


class CheckpointSchedule:
    """Tells whether a checkpoint is due, from the steps and the time since the last one.

    Without options it is when 1 s has passed, and a hundred times what the last one took.
    """

    def __init__(self, options: CheckpointOptions | None) -> None:
        self.options = options
        self.step, self.end, self.seconds = 0, time.perf_counter(), 0.0

    def is_due(self, step: int) -> bool:
        """Whether a checkpoint is to be written after `step` batches."""
        steps = self.options.every_steps if self.options else None
        if steps is not None:
            return step // steps > self.step // steps
        return time.perf_counter() - self.end >= self._pause

    @property
    def _pause(self) -> float:
        """Seconds from the end of a checkpoint to the beginning of the next."""
        minutes = self.options.every_minutes if self.options else None
        if minutes is not None:
            return 60 * minutes
        return max(MIN_SECONDS, self.seconds / MAX_SHARE)

    def record(self, step: int, seconds: float) -> None:
        """Note that a checkpoint was written after `step` batches, and what it took."""
        self.step, self.end, self.seconds = step, time.perf_counter(), seconds
