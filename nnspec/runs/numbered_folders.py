"""Folders that are called by numbers: `runs/<name>/1`, `runs/<name>/2`, ..."""

from __future__ import annotations

import re
from pathlib import Path

from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files

_NUMBER = re.compile("[1-9][0-9]{0,17}")


def make_numbered_folder(parent: Path) -> Path:
    """Make a folder in `parent`, whose number follows the largest one; a RunError if it cannot."""
    atomic_files.make_folder(parent)
    number = max(folder_numbers(parent), default=0) + 1
    try:
        while True:  # of processes that do so at once, mkdir lets one have a number
            try:
                (parent / str(number)).mkdir()
            except FileExistsError:
                number += 1
            else:
                return parent / str(number)
    except OSError as error:
        where = visible(str(parent))
        raise RunError(f"cannot make a run folder in {where}: {error.strerror}") from None


def folder_numbers(parent: Path) -> list[int]:
    """The numbers that are names of entries of a folder."""
    try:
        names = [entry.name for entry in parent.iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if _NUMBER.fullmatch(name)]
