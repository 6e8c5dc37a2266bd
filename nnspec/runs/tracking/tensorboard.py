"""Event files for TensorBoard, written by tensorboardX, which needs no framework."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.trackers.tensorboard import TensorBoard
from nnspec.errors import RunError, visible
from nnspec.optional_packages import optional_package
from nnspec.runs.tracking.base import TrackedEpoch, TrackedRun, TrackerWriter

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

FOLDER = "tensorboard"
_LAST_BIN, _LARGEST, _BINS = 1e19, 1e150, 30


class TensorBoardWriter(TrackerWriter):
    """Scalars, texts and histograms in the folder `tensorboard` of the run."""

    def __init__(self, options: TensorBoard) -> None:
        self.options, self.last, self.make = options, 0, _summary_writer()

    def begin(self, run: TrackedRun) -> None:
        """Open an event file; what an earlier one has of epochs that come again is replaced."""
        path, self.last = run.folder / FOLDER, run.epochs
        purge = run.epochs + 1 if run.epochs else None
        suffix = f".{time.time_ns()}"  # a run may go on within the second that names its file
        try:
            self.writer = self.make(str(path), purge_step=purge, filename_suffix=suffix)
        except OSError as error:
            raise RunError(f"cannot write {visible(str(path))}: {error.strerror}") from None
        if not run.epochs:
            self.writer.add_text("spec", _as_code(run.spec_text), 0)
            self.writer.add_text("summary", _as_code(run.summary), 0)
        self.writer.flush()

    def end_epoch(self, epoch: TrackedEpoch) -> None:
        """Write a scalar for each metric, and histograms where they are due."""
        self.last = epoch.number
        for name, value in epoch.metrics.items():
            self.writer.add_scalar(name, value, epoch.number)
        every = self.options.histograms
        if every and epoch.number % every == 0:
            for name, weight in epoch.weights().items():
                if np.isfinite(weight).any():
                    values, bins = _histogram_input(weight)
                    self.writer.add_histogram(name, values, epoch.number, bins)
        self.writer.flush()

    def end(self, figures: Mapping[str, float], status: str) -> None:
        """Write the figures as scalars of the last epoch."""
        for name, value in figures.items():
            self.writer.add_scalar(name, value, self.last)
        self.writer.close()


def _summary_writer() -> type[SummaryWriter]:
    with optional_package("the tracker needs tensorboardX", "tensorboard"):
        from tensorboardX import SummaryWriter
    return SummaryWriter


def _histogram_input(weight: Array) -> tuple[Array, Array | str]:
    """The finite numbers of a weight, and the bins into which they fall.

    The bins of tensorboardX end at 1e20, and it refuses numbers of which none is within. Squares
    of numbers beyond 1e150 overflow: such numbers are counted as 1e150.
    """
    finite = weight[np.isfinite(weight)].astype(np.float64)
    values = np.clip(finite, -_LARGEST, _LARGEST)
    if np.abs(values).max() < _LAST_BIN:
        return values, "tensorflow"
    return values, np.linspace(values.min(), values.max(), _BINS + 1)


def _as_code(text: str) -> str:
    """A text as Markdown shows it letter by letter."""
    return "\n".join(f"    {line}" for line in text.splitlines())
