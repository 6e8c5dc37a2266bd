"""Batch size and epochs by the number of training rows, and the shares of the split."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.scaffold.task import Task

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
FEWEST_ROWS = 20  # that are split
_UPDATES = 2000  # of the weights, in all epochs
_EPOCHS = (5, 100)
_BATCHES = {2_000: 16, 20_000: 32, 100_000: 128}  # up to so many rows
_LARGE_BATCH = 512


class Schedule(NamedTuple):
    """Batch size and epochs."""

    batch_size: int
    epochs: int

    @classmethod
    def of(cls, rows: int) -> Schedule:
        """About 2,000 updates of the weights, in 5 to 100 epochs."""
        batch = next((size for most, size in _BATCHES.items() if rows <= most), _LARGE_BATCH)
        least, most = _EPOCHS
        return cls(batch, min(max(least, round(_UPDATES * batch / rows)), most))


def training_rows(rows: int, has_test: bool) -> int:
    """The rows of a file that are left to train on; of very few, all."""
    if rows < FEWEST_ROWS:
        return rows
    return round(rows * (1 - VALIDATION_SHARE - (0 if has_test else TEST_SHARE)))


def can_stratify(task: Task) -> bool:
    """Whether each class has rows enough that each part can have one."""
    return task.kind != "number" and task.smallest * VALIDATION_SHARE >= 1
