"""Columns as a data frame of the library of another one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from nnspec.backends.arrays import Array


def like_frame(frame: Any, columns: Mapping[str, Array]) -> Any:
    """Columns as a frame of pandas, with the same index, where `frame` is one; else of polars.

    A map of arrays where the library is neither.
    """
    library = type(frame).__module__.partition(".")[0]
    values = {name: _values(column) for name, column in columns.items()}
    if library not in ("pandas", "polars"):
        return values
    options = {"index": frame.index} if library == "pandas" else {}
    return sys.modules[library].DataFrame(values, **options)


def _values(column: Array) -> Any:
    """Numbers as an array, text as a list, which every library takes."""
    return column if column.dtype.kind in "biuf" else column.tolist()
