"""Progress as JSON lines on stderr, for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from nnspec.cli.render.progress_estimate import ProgressEstimator
from nnspec.cli.render.progress_indicator import ProgressIndicator
from nnspec.runs.atomic_files import replace_non_finite
from nnspec.training.history import Epoch
from nnspec.training.loop import Progress

_SECONDS = 1.0  # between two lines of one epoch


class ProgressJson(ProgressIndicator):
    """A JSON object a line: `{"event": "stage" | "progress" | "epoch", ...}`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.estimator, self._clock, self._due = ProgressEstimator(clock), clock, 0.0

    def begin_stage(self, text: str) -> None:
        """Write what is done before, between or after the epochs."""
        _write("stage", stage=text)

    def advance(self, progress: Progress) -> None:
        """Write how far the training has come, at most once a second."""
        estimate = self.estimator.at(progress)
        if self._clock() >= self._due:
            self._due = self._clock() + _SECONDS
            _write("progress", **progress._asdict(), **estimate._asdict())

    def end_epoch(self, epoch: Epoch) -> None:
        """Write the epoch as it stands in `run --json`."""
        _write("epoch", **epoch.plain())


def _write(event: str, **values: Any) -> None:
    with suppress(OSError):  # stderr may be closed
        line = json.dumps(replace_non_finite({"event": event, **values}), allow_nan=False)
        click.echo(line, err=True)
