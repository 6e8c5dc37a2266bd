"""Rows that Python code gives: arrays, or the columns of a data frame."""

from __future__ import annotations

from pathlib import Path

from nnspec.components.sources.base import Source
from nnspec.components.sources.tables import TableSource
from nnspec.errors import ShapeError

_MESSAGE = "the rows are given in Python"


def ungiven(data: str) -> ShapeError:
    """The error that rows are needed which only Python code can give."""
    return ShapeError(_MESSAGE, f"nnspec.run(spec, data={data})")


class Arrays(Source, kind="arrays"):
    """Arrays that Python code gives, `nnspec.run(spec, data=(x, y))`; no run folder keeps them.

    Several inputs or targets are maps from their names to arrays.
    """

    example = "arrays"
    gives_validation = True


class Frame(TableSource, kind="frame"):
    """Columns that Python code gives, `nnspec.run(spec, data=frame)`; no run folder keeps them.

    They are a data frame of pandas or polars, or a map from names to lists.
    """

    example = "frame"
    gives_validation = True

    def files(self, folder: Path) -> dict[str, Path]:
        """There are none: a ShapeError."""
        raise ungiven("frame")
