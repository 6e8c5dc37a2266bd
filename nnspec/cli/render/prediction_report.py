"""Predictions of each output, their table and the worst mistakes, as text and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.analysis.misclassified import Misclassified
from nnspec.analysis.prediction_table import PredictionTable
from nnspec.backends.arrays import Array
from nnspec.cli.render import prediction_files, predictions
from nnspec.cli.render.tables import aligned
from nnspec.errors import visible
from nnspec.plotting import thumbnails

_MAX_DRAWN = 5  # mistakes drawn in the terminal


class Prediction(NamedTuple):
    """The predictions of one output, their table, and the worst mistakes with their pictures."""

    output: str
    values: Array
    table: PredictionTable | None  # with named columns; None of numbers without names
    path: Path
    mistakes: tuple[Misclassified, ...]
    folder: Path | None
    files: tuple[str, ...] = ()  # of the rows, where each is an image in a file


def with_files(columns: Mapping[str, Array], files: Sequence[str]) -> dict[str, Array]:
    """The columns with the file of each row after its number, where rows are files."""
    first = {"row": columns["row"], **({"file": np.array(files)} if files else {})}
    return {**first, **columns}


def plain(run: str, parts: Sequence[Prediction]) -> dict[str, Any]:
    """The keys of `predict --json`; of several outputs, `table` and `mistakes` by their names."""
    tables = {part.output: str(part.path) for part in parts}
    mistakes = {part.output: [_mistake(part, one) for one in part.mistakes] for part in parts}
    several = len(parts) > 1
    return {
        "run": run,
        "rows": len(parts[0].values),
        "table": tables if several else tables[parts[0].output],
        **({"files": list(parts[0].files)} if parts[0].files else {}),
        "mistakes": mistakes if several else mistakes[parts[0].output],
    }


def _mistake(part: Prediction, one: Misclassified) -> dict[str, Any]:
    """A mistake, its classes by their names where they have any."""
    names = part.table.classes if part.table else ()
    named = {key: names[getattr(one, key)] for key in ("true", "predicted")} if names else {}
    return {**one._asdict(), **named}


def report(part: Prediction, images: Array | None, several: bool) -> str:
    """The first rows of an output, where its table is, and the worst mistakes, drawn if images."""
    values, mistakes = part.values, [_mistake(part, one) for one in part.mistakes]
    head = f"{part.output}\n" if several else ""
    parts = [f"{head}{_preview(part)}", f"{len(values):,} rows in {part.path}"]
    if mistakes:
        cells = [
            (str(m["row"]), visible(str(m["true"])), visible(str(m["predicted"])),
             f"{m['probability']:.4f}")
            for m in mistakes
        ]  # fmt: skip
        columns = ("row", "true", "predicted", "probability")
        parts.append("\n".join(["worst mistakes", aligned([columns, *cells])]))
    if part.folder and images is not None:
        drawn = [thumbnails.dots(images[m.row]) for m in part.mistakes[:_MAX_DRAWN]]
        parts += [thumbnails.side_by_side(drawn), f"drawn in {part.folder}"]
    return "\n\n".join(parts)


def _preview(part: Prediction) -> str:
    """The first rows of the table."""
    if part.table is None:
        return predictions.preview(part.values, part.files)
    return prediction_files.preview(with_files(part.table.columns, part.files))
