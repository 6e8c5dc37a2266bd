"""The folder in which nnspec keeps what it can make again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nnspec.backends.environment_variables import CACHE


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
