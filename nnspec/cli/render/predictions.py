"""Predictions as a CSV or `.npy` file, and as a preview in text."""

from __future__ import annotations

import csv
import io
from math import prod
from pathlib import Path

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.runs import atomic_files

SUFFIXES = (".csv", ".npy")
_MAX_SHOWN = 10  # rows and columns


def write(path: Path, predictions: Array) -> None:
    """Write the array as `.npy`, or its flattened rows as CSV with round-trip digits."""
    atomic_files.make_folder(path.parent)
    atomic_files.write_file(
        path, _npy(predictions) if path.suffix.lower() == ".npy" else _csv(flat_rows(predictions))
    )


def preview(predictions: Array) -> str:
    """Lines of the first rows and columns."""
    rows = flat_rows(predictions)
    shown = rows[:_MAX_SHOWN, :_MAX_SHOWN]
    head = "   row  " + "  ".join(f"{column:>6}" for column in range(shown.shape[1]))
    lines = [f"{i:>6}  " + "  ".join(f"{v:6.4f}" for v in row) for i, row in enumerate(shown)]
    more = [f"{'...':>6}"] if len(rows) > _MAX_SHOWN else []
    return "\n".join([head, *lines, *more])


def flat_rows(predictions: Array) -> Array:
    """Each row as a vector: (rows, numbers)."""
    return predictions.reshape(len(predictions), prod(predictions.shape[1:]))


def _npy(predictions: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, predictions, allow_pickle=False)
    return file.getvalue()


def _csv(rows: Array) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *range(rows.shape[1])])
    writer.writerows([index, *map(str, row)] for index, row in enumerate(rows))
    return text.getvalue()
