"""The rows that a run was trained on, where they can be read again."""

from __future__ import annotations

from nnspec.data.splits import Splits
from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun


def source_rows(trained: TrainedRun) -> Splits:
    """The raw rows that the spec of a run says."""
    return trained.data().splits


def no_source_rows() -> Splits:
    """Raise DataError: a run that holds no rows evaluates given ones alone."""
    message = "the rows that the run was trained on are not kept with it"
    raise DataError(message, "give rows: run.evaluate((x, y))")
