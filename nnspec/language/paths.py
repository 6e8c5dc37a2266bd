"""Paths of files as they are written in a spec and on the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path

_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\})|%\w+%")


class PathError(ValueError):
    """A text that is no path: empty, or with a variable of a shell; args are message and hint."""


def written_path(text: str) -> Path:
    """The path that a text names: `~` is the home folder, a variable of a shell is refused.

    A file that is there may be called as it is.
    """
    if not text:
        raise PathError("a path is not empty", "write . for the working directory")
    found = _VARIABLE.search(text)
    if found and not os.path.lexists(text):
        message = f"a path holds no variables, such as {found.group()}"
        raise PathError(message, "write ~ for the home folder, or the path in full")
    path = Path(os.path.expanduser(text))  # noqa: PTH111  # an unknown ~user is a file's name
    # ./~ is no home folder, also where the text of its path is read again
    return path.absolute() if str(path).startswith("~") and not text.startswith("~") else path
