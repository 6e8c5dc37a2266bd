"""Paths of files as they are written in a spec and on the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path

_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\})|%\w+%")


class PathError(ValueError):
    """A path that names a variable of a shell; args are the message and the hint."""


def written_path(text: str) -> Path:
    """The path that a text names: `~` is the home folder, and a variable is none of its names.

    A file that is there may be called as it is.
    """
    found = _VARIABLE.search(text)
    if found and not os.path.lexists(text):
        message = f"a path holds no variables, such as {found.group()}"
        raise PathError(message, "write ~ for the home folder, or the path in full")
    return Path(os.path.expanduser(text))  # noqa: PTH111  # an unknown ~user is a file's name
