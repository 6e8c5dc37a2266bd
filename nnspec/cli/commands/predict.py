"""`nnspec predict`: predict with a finished run, and list its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from nnspec.analysis.misclassified import Misclassified, is_classifier, worst_rows
from nnspec.backends.arrays import Array
from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import predictions as predictions_module
from nnspec.cli.render.tables import aligned
from nnspec.compute import ComputeConfig, Precision
from nnspec.plotting import thumbnails
from nnspec.runs import atomic_files
from nnspec.runs.trained import PredictionInput, TrainedRun

_MAX_DRAWN = 5  # mistakes drawn in the terminal


def _validate(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse unknown suffixes of the table."""
    if path is not None and path.suffix not in predictions_module.SUFFIXES:
        raise click.BadParameter("the table is a .csv or a .npy file")
    return path


@click.command()
@options.run_folder
@click.argument("given", metavar="INPUT")
@click.option("-o", "--out", type=click.Path(path_type=Path), callback=_validate,
              help="The table, a .csv or .npy file.  [default: in RUN]")  # fmt: skip
@click.option("--mistakes", "limit", type=click.IntRange(min=0), default=10, show_default=True,
              help="How many of the worst mistakes to list and draw.")  # fmt: skip
@options.compute_options
@options.as_json
def command(
    run_folder: Path, given: str, out: Path | None, limit: int, backend: str, device: str,
    precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Predict with a finished RUN, on any backend.

    INPUT is `test` or `train` (the rows of the run's own data) or a .npy or .npz file of rows as
    they are before the preprocessing. The outputs are written to a table. For a classifier whose
    classes are known the worst mistakes are listed and, if they are images, drawn here and as
    PNG files beside the table.
    """
    run = TrainedRun.open(run_folder, ComputeConfig(backend, precision, device))
    rows = run.rows(given)
    predictions = run.predict(rows.raw)
    path = out or run.folder.path / f"predictions-{Path(given).name}.csv"
    predictions_module.write(path, predictions)
    mistakes = _mistakes(run, predictions, rows, limit)
    folder = _draw(path.parent / f"mistakes-{given}", rows.raw, mistakes)
    if as_json:
        values = {"run": str(run.folder.path), "rows": len(predictions), "table": str(path)}
        print_json({**values, "mistakes": [mistake._asdict() for mistake in mistakes]})
    else:
        print_text(_report(predictions, path, mistakes, rows.raw, folder))


def _mistakes(
    run: TrainedRun, predictions: Array, rows: PredictionInput, limit: int
) -> list[Misclassified]:
    if rows.targets is None or not is_classifier(run.spec):
        return []
    return worst_rows(predictions, rows.targets, limit)


def _draw(folder: Path, inputs: Array, mistakes: Sequence[Misclassified]) -> Path | None:
    """Write a PNG `row-true-as-predicted.png` for each mistake; older ones are deleted.

    Returns the folder, or None if nothing can be drawn.
    """
    if not mistakes or not thumbnails.is_image(inputs[0]):
        return None
    atomic_files.make_folder(folder)
    names = {f"{one.row:05}-{one.true}-as-{one.predicted}.png": one.row for one in mistakes}
    for name, row in names.items():
        atomic_files.write_file(folder / name, thumbnails.png(inputs[row]))
    for old in folder.glob("[0-9]*-as-[0-9]*.png"):
        if old.name not in names:
            old.unlink()
    return folder


def _report(
    predictions: Array,
    path: Path,
    mistakes: Sequence[Misclassified],
    inputs: Array,
    folder: Path | None,
) -> str:
    parts = [predictions_module.preview(predictions), f"{len(predictions):,} rows in {path}"]
    if mistakes:
        cells = [
            (str(m.row), str(m.true), str(m.predicted), f"{m.probability:.4f}") for m in mistakes
        ]
        head = ("row", "true", "predicted", "probability")
        parts.append("\n".join(["worst mistakes", aligned([head, *cells])]))
    if folder:
        parts.append(
            thumbnails.side_by_side([thumbnails.dots(inputs[m.row]) for m in mistakes[:_MAX_DRAWN]])
        )
        parts.append(f"drawn in {folder}")
    return "\n\n".join(parts)
