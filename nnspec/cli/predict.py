"""`nnspec predict`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from nnspec.backends.base import Precision
from nnspec.cli import options
from nnspec.training import files, pictures
from nnspec.training.finished import Finished
from nnspec.training.mistakes import Mistake, classes_of, worst
from nnspec.training.run import Way

Array = NDArray[Any]
SHOWN_ROWS = 10
DRAWN = 5  # pictures in the terminal


@click.command()
@options.finished_run
@click.argument("given", metavar="INPUT")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The table; a .csv or .npy file."
)
@click.option("--mistakes", "most", type=click.IntRange(min=0), default=10, show_default=True,
              help="How many of the worst mistakes to list.")  # fmt: skip
@options.way
@options.as_json
def command(
    run_folder: Path, given: str, out: Path | None, most: int, backend: str, device: str,
    precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Predict with a finished RUN, on any backend.

    INPUT is `test` or `train` (the rows of the run's own data) or a .npy or .npz file of rows as
    they are before the preparation. The table of outputs is written to a file; for a classifier
    with known classes the worst mistakes are listed and drawn, in the run folder and here.
    """
    finished = Finished.open(run_folder, Way(backend, precision, device))
    inputs, targets = finished.rows(given)
    predictions = finished.predict(inputs)
    path = out or finished.folder.path / f"predictions-{Path(given).stem}.csv"
    write_table(path, predictions)
    found = _mistakes(predictions, targets, most)
    drawn = _draw(finished.folder.path, given, inputs, found)
    if as_json:
        values = {"run": str(finished.folder.path), "rows": len(predictions), "table": str(path)}
        click.echo(files.to_json({**values, "mistakes": [m._asdict() for m in found]}))
    else:
        click.echo(_report(predictions, path, found, inputs, drawn))


def write_table(path: Path, predictions: Array) -> None:
    """One line a row, one column an output; `.npy` keeps the array as it is."""
    if path.suffix == ".npy":
        file = io.BytesIO()
        np.save(file, predictions, allow_pickle=False)
        files.write(path, file.getvalue())
        return
    flat = predictions.reshape(len(predictions), -1)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *range(flat.shape[1])])
    writer.writerows([index, *map(repr, map(float, row))] for index, row in enumerate(flat))
    files.write(path, text.getvalue())


def _mistakes(predictions: Array, targets: Array | None, most: int) -> list[Mistake]:
    if targets is None or predictions.ndim != 2 or predictions.shape[1] < 2:
        return []
    classes = classes_of(targets)
    return worst(predictions, classes, most) if len(classes) == len(predictions) else []


def _draw(folder: Path, given: str, inputs: Array, found: Sequence[Mistake]) -> Path | None:
    """A PNG for each mistake, named `row-true-as-predicted.png`."""
    if not found or not pictures.is_image(inputs[0]):
        return None
    where = folder / f"mistakes-{given}"
    for one in found:
        name = f"{one.row:05}-{one.true}-as-{one.predicted}.png"
        files.write(where / name, pictures.png(inputs[one.row]))
    return where


def _report(
    predictions: Array, path: Path, found: Sequence[Mistake], inputs: Array, drawn: Path | None
) -> str:
    parts = [_first_rows(predictions), f"{len(predictions):,} rows in {path}"]
    if found:
        lines = [
            f"{m.row:>6}  {m.true:>4}  {m.predicted:>9}  {m.probability:>11.4f}" for m in found
        ]
        head = f"{'row':>6}  {'true':>4}  {'predicted':>9}  {'probability':>11}"
        parts.append("\n".join(["worst mistakes", head, *lines]))
    if drawn:
        parts.append(pictures.beside([pictures.dots(inputs[m.row]) for m in found[:DRAWN]]))
        parts.append(f"drawn in {drawn}")
    return "\n\n".join(parts)


def _first_rows(predictions: Array) -> str:
    """The top of the table, as far as a terminal is wide."""
    flat = predictions.reshape(len(predictions), -1)[:SHOWN_ROWS, :SHOWN_ROWS]
    head = "   row  " + "  ".join(f"{column:>6}" for column in range(flat.shape[1]))
    rows = [f"{i:>6}  " + "  ".join(f"{v:6.4f}" for v in row) for i, row in enumerate(flat)]
    return "\n".join([head, *rows])
