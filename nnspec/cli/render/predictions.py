"""Predictions as a CSV or `.npy` file, and as a preview in text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import cut, visible
from nnspec.runs import atomic_files

SUFFIXES = (".csv", ".npy")
_MAX_SHOWN = 10  # rows and columns


def write(path: Path, predictions: Array, files: Sequence[str] = ()) -> None:
    """Write the array as `.npy`, or its flattened rows as CSV with round-trip digits.

    `files` are those of the rows, where each is a file: a column of the CSV.
    """
    atomic_files.make_folder(path.parent)
    is_npy = path.suffix.lower() == ".npy"
    content = _npy(predictions) if is_npy else _csv(flat_rows(predictions), files)
    atomic_files.write_file(path, content)


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


def _npy(predictions: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, predictions, allow_pickle=False)
    return file.getvalue()


def _csv(rows: Array, files: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *(["file"] if files else []), *range(rows.shape[1])])
    places = [[index, file] for index, file in enumerate(files)] or [[i] for i in range(len(rows))]
    writer.writerows([*place, *map(str, row)] for place, row in zip(places, rows, strict=True))
    return text.getvalue()
