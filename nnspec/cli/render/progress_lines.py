"""Lines on stderr that tell of a long epoch, where there is no terminal for a bar."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import click

from nnspec.cli.render.progress_estimate import ProgressEstimator, duration, rate_text
from nnspec.cli.render.progress_indicator import ProgressIndicator
from nnspec.cli.render.slow_stage import SlowStage
from nnspec.cli.render.tables import metrics_line
from nnspec.training.loop import Progress

_FIRST, _LAST = 10.0, 600.0  # seconds between two lines: twice as many each time


class ProgressLines(ProgressIndicator):
    """The stages that take long, and positions within epochs that take longer than 10 s."""

    tells_people = True

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.stage, self.estimator, self._clock = SlowStage(), ProgressEstimator(clock), clock
        self._interval, self._due = _FIRST, 0.0  # from the first position on

    def stop(self) -> None:
        """End the stage."""
        self.stage.end()

    def begin_stage(self, text: str) -> None:
        """Print what is done before, between or after the epochs, if it takes long."""
        self.stage.begin(text)

    def advance(self, progress: Progress) -> None:
        """Print how far the training has come, where there was no line for a while."""
        self.stage.end()
        estimate = self.estimator.at(progress)
        if not self._due:
            self._wait(_FIRST)
        if self._clock() < self._due:
            return
        self._wait(min(2 * self._interval, _LAST))
        epoch, batches = f"epoch {progress.epoch}/{progress.epochs}", f"{progress.batches:,}"
        where = f"{epoch}  {progress.batch:,} of {batches}"
        left = None if estimate.seconds_left is None else f"{duration(estimate.seconds_left)} left"
        parts = [where, metrics_line(progress.metrics), rate_text(estimate), left]
        with suppress(OSError):  # stderr may be closed
            click.echo("  ".join(filter(None, parts)), err=True)

    def note_line(self) -> None:
        """Wait anew: the position has been told."""
        self._wait(self._interval)

    def _wait(self, seconds: float) -> None:
        self._interval, self._due = seconds, self._clock() + seconds
