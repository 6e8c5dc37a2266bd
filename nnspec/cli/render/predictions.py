"""Predictions of arrays as numbers: a `.npy` file, numbered columns, and a preview in text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import cut, visible
from nnspec.runs import atomic_files

_MAX_SHOWN = 10  # rows and columns


def write_npy(path: Path, predictions: Array) -> None:
    """Write the array as a `.npy` file."""
    file = io.BytesIO()
    np.save(file, predictions, allow_pickle=False)
    atomic_files.make_folder(path.parent)
    atomic_files.write_file(path, file.getvalue())


def numbered_columns(predictions: Array) -> dict[str, Array]:
    """Columns of the flattened rows, with the number of the row before them."""
    rows = flat_rows(predictions)
    return {"row": np.arange(len(rows)), **{str(n): column for n, column in enumerate(rows.T)}}


def preview(predictions: Array, files: Sequence[str] = ()) -> str:
    """Lines of the first rows and columns, with the file of each row where it has one."""
    rows = flat_rows(predictions)
    shown = rows[:_MAX_SHOWN, :_MAX_SHOWN]
    head = "   row  " + "  ".join(f"{column:>6}" for column in range(shown.shape[1]))
    lines = [f"{i:>6}  " + "  ".join(f"{v:6.4f}" for v in row) for i, row in enumerate(shown)]
    if files:
        lines = [f"{line}  {cut(visible(file))}" for line, file in zip(lines, files, strict=False)]
    more = [f"{'...':>6}"] if len(rows) > _MAX_SHOWN else []
    return "\n".join([head, *lines, *more])


def flat_rows(predictions: Array) -> Array:
    """Each row as a vector: (rows, numbers)."""
    return predictions.reshape(len(predictions), prod(predictions.shape[1:]))
