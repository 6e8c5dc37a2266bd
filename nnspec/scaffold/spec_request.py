"""What a spec is asked for with, and what is answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ChooseTarget = Callable[[Sequence[str], str], str]  # (names of the columns, the guess) -> a name


class SpecRequest(NamedTuple):
    """The folder in which the spec will stand, and how its target is chosen."""

    folder: Path
    target: str | None = None  # the name of a column
    choose: ChooseTarget | None = None  # asked where no target is named

    def written(self, path: Path) -> str:
        """A path as the spec has it: from its folder, with slashes, unless it was given absolute
        and leads elsewhere.
        """
        if path.is_absolute() and not path.is_relative_to(self.folder):
            return path.as_posix()
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # on another drive
            return path.absolute().as_posix()


class SpecDraft(NamedTuple):
    """The text of a spec, and notes on what was guessed."""

    text: str
    notes: tuple[str, ...] = ()
