"""The folder in which nnspec keeps what it can make again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnspec.backends.environment_variables import CACHE
from nnspec.errors import DataError, visible
from nnspec.system_errors import system_message


def cache_folder() -> Path:
    """The folder that NNSPEC_CACHE names, or the platform's own for caches."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nnspec"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "nnspec" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnspec"


@contextmanager
def written_to_cache(what: str, folder: Path) -> Iterator[None]:
    """Turn an error of the system into a DataError: the disk is full, the folder not ours."""
    try:
        yield
    except OSError as error:
        message = f"cannot keep {what} in {visible(str(folder))}: {system_message(error)}"
        raise DataError(message, "NNSPEC_CACHE names another folder") from None
