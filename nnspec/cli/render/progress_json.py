"""Progress as JSON lines on stderr, for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from nnspec.cli.render.speed import SpeedMeter
from nnspec.runs.atomic_files import replace_non_finite
from nnspec.training.loop import Epoch
from nnspec.training.loop import Progress as Position

_SECONDS = 1.0  # between two lines of one epoch


class ProgressJson:
    """A JSON object a line: `{"event": "stage" | "progress" | "epoch", ...}`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.meter, self._clock, self._due = SpeedMeter(clock), clock, 0.0

    def start(self) -> None:
        """Nothing is written before something happens."""

    def stop(self) -> None:
        """Nothing is to be ended."""

    def begin_stage(self, text: str) -> None:
        """Write what is done before, between or after the epochs."""
        _write("stage", stage=text)

    def advance(self, position: Position, epochs: int) -> None:
        """Write how far the training has come, at most once a second."""
        speed = self.meter.at(position, epochs)
        if self._clock() >= self._due:
            self._due = self._clock() + _SECONDS
            _write("progress", **position._asdict(), epochs=epochs, **speed._asdict())

    def end_epoch(self, epoch: Epoch) -> None:
        """Write the epoch as it stands in `run --json`."""
        _write("epoch", **epoch.plain())

    def note_line(self) -> None:
        """Nothing: programs read these lines alone."""


class NoProgress:
    """Shows nothing."""

    def start(self) -> None:
        """Show nothing."""

    def stop(self) -> None:
        """Show nothing."""

    def begin_stage(self, text: str) -> None:
        """Show nothing."""

    def advance(self, position: Position, epochs: int) -> None:
        """Show nothing."""

    def end_epoch(self, epoch: Epoch) -> None:
        """Show nothing."""

    def note_line(self) -> None:
        """Show nothing."""


def _write(event: str, **values: Any) -> None:
    with suppress(OSError):  # stderr may be closed
        line = json.dumps(replace_non_finite({"event": event, **values}), allow_nan=False)
        click.echo(line, err=True)
