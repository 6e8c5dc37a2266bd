"""A line on stderr for a stage of a run that takes long, where no progress bar is shown."""

from __future__ import annotations

from contextlib import suppress
from threading import Timer

import click

_SECONDS = 1.5  # after which a stage gets its line


class SlowStage:
    """Prints the name of a stage unless it ends, or the next one begins, within a moment."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def begin(self, text: str) -> None:
        """Begin a stage; the one before it ends."""
        self.end()
        self._timer = Timer(_SECONDS, _print, (text,))
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """End the stage."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _print(text: str) -> None:
    with suppress(OSError, ValueError):  # stderr may be closed
        click.echo(text, err=True)
