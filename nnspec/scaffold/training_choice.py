"""Batch size, epochs and weight decay by the number of training rows; the shares of the split."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.scaffold.task import Task

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
FEWEST_ROWS = 20  # that are split
_WEIGHED_ROWS = 10
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

    def updates(self, rows: int) -> int:
        """Updates of the weights in all epochs."""
        return self.epochs * -(-rows // self.batch_size)


def training_rows(rows: int, has_test: bool) -> int:
    """The rows of a file that are left to train on; of very few, all."""
    if rows < FEWEST_ROWS:
        return rows
    return round(rows * (1 - VALIDATION_SHARE - (0 if has_test else TEST_SHARE)))


def adamw(learning_rate: float, updates: int) -> dict[str, float]:
    """The options of AdamW, whose decay alone makes a weight 1/e of itself within all updates.

    So a weight is a mean over gradients of as long as the training lasts, however long that is:
    less decay lets a small table be learnt by heart, more forgets a large one.
    """
    decay = float(f"{1 / (learning_rate * updates):.2g}")
    return {"learning_rate": learning_rate, "weight_decay": decay}


def can_stratify(task: Task) -> bool:
    """Whether each part has rows enough that each class can have one."""
    return task.kind != "number" and task.classes <= task.target.present * VALIDATION_SHARE


def can_weigh(task: Task) -> bool:
    """Whether each class has rows enough that a weight for them does not magnify accidents."""
    return task.is_imbalanced and task.smallest >= _WEIGHED_ROWS
