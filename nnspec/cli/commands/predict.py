"""`nnspec predict`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from nnspec.analysis.misclassified import Misclassified, classifies, worst_rows
from nnspec.backends.contract import Array
from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import predictions as predictions_module
from nnspec.cli.render.tables import aligned
from nnspec.compute import ComputeConfig, Precision
from nnspec.plotting import thumbnails
from nnspec.runs import atomic_files
from nnspec.runs.trained import PredictionInput, TrainedRun

DRAWN = 5  # pictures in the terminal


def _known(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix not in predictions_module.SUFFIXES:
        raise click.BadParameter("the table is a .csv or a .npy file")
    return path


@click.command()
@options.finished_run
@click.argument("given", metavar="INPUT")
@click.option("-o", "--out", type=click.Path(path_type=Path), callback=_known,
              help="The table, a .csv or .npy file.  [default: in RUN]")  # fmt: skip
@click.option("--mistakes", "most", type=click.IntRange(min=0), default=10, show_default=True,
              help="How many of the worst mistakes to list and draw.")  # fmt: skip
@options.compute_options
@options.as_json
def command(
    run_folder: Path, given: str, out: Path | None, most: int, backend: str, device: str,
    precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Predict with a finished RUN, on any backend.

    INPUT is `test` or `train` (the rows of the run's own data) or a .npy or .npz file of rows as
    they are before the preparation. The outputs are written to a table. For a classifier whose
    classes are known the worst mistakes are listed and, if they are images, drawn here and as
    PNG files beside the table.
    """
    finished = TrainedRun.open(run_folder, ComputeConfig(backend, precision, device))
    rows = finished.rows(given)
    predictions = finished.predict(rows.raw)
    path = out or finished.folder.path / f"predictions-{Path(given).name}.csv"
    predictions_module.write(path, predictions)
    found = _mistakes(finished, predictions, rows, most)
    drawn = _draw(path.parent / f"mistakes-{given}", rows.raw, found)
    if as_json:
        values = {"run": str(finished.folder.path), "rows": len(predictions), "table": str(path)}
        print_json({**values, "mistakes": [mistake._asdict() for mistake in found]})
    else:
        print_text(_report(predictions, path, found, rows.raw, drawn))


def _mistakes(
    finished: TrainedRun, predictions: Array, rows: PredictionInput, most: int
) -> list[Misclassified]:
    if rows.targets is None or not classifies(finished.spec):
        return []
    return worst_rows(predictions, rows.targets, most)


def _draw(folder: Path, inputs: Array, found: Sequence[Misclassified]) -> Path | None:
    """A PNG for each mistake, named `row-true-as-predicted.png`; those drawn earlier go."""
    if not found or not thumbnails.is_image(inputs[0]):
        return None
    atomic_files.make_folder(folder)
    drawn = {f"{one.row:05}-{one.true}-as-{one.predicted}.png": one.row for one in found}
    for name, row in drawn.items():
        atomic_files.write_file(folder / name, thumbnails.png(inputs[row]))
    for old in folder.glob("[0-9]*-as-[0-9]*.png"):
        if old.name not in drawn:
            old.unlink()
    return folder


def _report(
    predictions: Array,
    path: Path,
    found: Sequence[Misclassified],
    inputs: Array,
    drawn: Path | None,
) -> str:
    parts = [predictions_module.top(predictions), f"{len(predictions):,} rows in {path}"]
    if found:
        cells = [(str(m.row), str(m.true), str(m.predicted), f"{m.probability:.4f}") for m in found]
        head = ("row", "true", "predicted", "probability")
        parts.append("\n".join(["worst mistakes", aligned([head, *cells])]))
    if drawn:
        parts.append(
            thumbnails.side_by_side([thumbnails.dots(inputs[m.row]) for m in found[:DRAWN]])
        )
        parts.append(f"drawn in {drawn}")
    return "\n\n".join(parts)
