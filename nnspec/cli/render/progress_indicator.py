"""What shows on stderr what a run is at; by itself it shows nothing."""

from __future__ import annotations

from nnspec.training.history import Epoch
from nnspec.training.loop import Progress


class ProgressIndicator:
    """Shows nothing; subclasses override what they show."""

    tells_people = False  # whether lines of text beside it are of use

    def start(self) -> None:
        """Begin to show it."""

    def stop(self) -> None:
        """Show nothing any more."""

    def begin_stage(self, text: str) -> None:
        """Show what is done before, between or after the epochs."""

    def advance(self, progress: Progress) -> None:
        """Show the position in an epoch."""

    def end_epoch(self, epoch: Epoch) -> None:
        """Show that an epoch has ended."""

    def note_line(self) -> None:
        """Take note of a line on stdout that tells of the position too."""
