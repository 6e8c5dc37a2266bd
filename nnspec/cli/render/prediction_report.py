"""Predictions of each output, their table and the worst mistakes, as text and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.analysis.confusion import ClassFigures, Confusion
from nnspec.analysis.misclassified import Misclassified
from nnspec.analysis.prediction_table import PredictionTable
from nnspec.backends.arrays import Array
from nnspec.cli.render import prediction_files, predictions
from nnspec.cli.render.tables import aligned
from nnspec.errors import visible
from nnspec.plotting import thumbnails

_MAX_DRAWN = 5  # mistakes drawn in the terminal
_MAX_CLASSES = 20  # of which the figures are printed


class Prediction(NamedTuple):
    """The predictions of one output, their table, and the worst mistakes with their pictures."""

    output: str
    values: Array
    table: PredictionTable | None  # with named columns; None of numbers without names
    path: Path | None  # of the table
    mistakes: tuple[Misclassified, ...]
    folder: Path | None
    files: tuple[str, ...] = ()  # of the rows, where each is an image in a file
    confusion: Confusion | None = None  # of a classifier, where the classes are known

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, or their numbers."""
        names = self.table.classes if self.table else ()
        return names or tuple(map(str, range(len(self.confusion.matrix) if self.confusion else 0)))


def with_files(columns: Mapping[str, Array], files: Sequence[str]) -> dict[str, Array]:
    """The columns with the file of each row after its number, where rows are files."""
    first = {"row": columns["row"], **({"file": np.array(files)} if files else {})}
    return {**first, **columns}


def plain(run: str, parts: Sequence[Prediction]) -> dict[str, Any]:
    """The keys of `predict --json`; of several outputs, `table` and the others by their names."""
    tables = {part.output: str(part.path) if part.path else None for part in parts}
    mistakes = {part.output: [_mistake(part, one) for one in part.mistakes] for part in parts}
    confusion = {part.output: _plain_confusion(part) for part in parts}
    several = len(parts) > 1
    return {
        "run": run,
        "rows": len(parts[0].values),
        "table": tables if several else tables[parts[0].output],
        **({"files": list(parts[0].files)} if parts[0].files else {}),
        "mistakes": mistakes if several else mistakes[parts[0].output],
        "confusion": confusion if several else confusion[parts[0].output],
    }


def _plain_confusion(part: Prediction) -> dict[str, Any] | None:
    """The confusion matrix, and the figures of each class by its name."""
    if part.confusion is None:
        return None
    figures = (one._asdict() for one in part.confusion.figures())
    classes = dict(zip(part.class_names, figures, strict=True))
    return {"classes": classes, "matrix": part.confusion.matrix.tolist()}


def _mistake(part: Prediction, one: Misclassified) -> dict[str, Any]:
    """A mistake, its classes by their names where they have any."""
    names = part.table.classes if part.table else ()
    named = {key: names[getattr(one, key)] for key in ("true", "predicted")} if names else {}
    return {**one._asdict(), **named}


def report(part: Prediction, images: Array | None, several: bool) -> str:
    """The first rows of an output, where its table is, and the worst mistakes, drawn if images."""
    values, mistakes = part.values, [_mistake(part, one) for one in part.mistakes]
    head = f"{part.output}\n" if several else ""
    place = f" in {part.path}" if part.path else ""
    parts = [f"{head}{_preview(part)}", f"{len(values):,} rows{place}"]
    if part.confusion:
        parts += _confusion_tables(part, part.confusion)
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


def _confusion_tables(part: Prediction, confusion: Confusion) -> list[str]:
    """The figures of each class, and the confusion matrix if the classes are not too many."""
    names = [visible(name) for name in part.class_names]
    if len(names) > _MAX_CLASSES:
        return []
    figures = [
        (name, *(f"{share:.4f}" for share in one[:3]), f"{one.rows:,}")
        for name, one in zip(names, confusion.figures(), strict=True)
    ]
    rows = [
        (name, *(f"{count:,}" for count in row.tolist()))
        for name, row in zip(names, confusion.matrix, strict=True)
    ]
    head = "confusion matrix (a row for each true class, a column for each predicted one)"
    return [
        aligned([("class", *ClassFigures._fields), *figures]),
        "\n".join([head, aligned([("", *names), *rows])]),
    ]


def _preview(part: Prediction) -> str:
    """The first rows of the table."""
    if part.table is None:
        return predictions.preview(part.values, part.files)
    return prediction_files.preview(with_files(part.table.columns, part.files))
