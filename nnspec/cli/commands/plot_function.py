"""`nnspec plot-function`: show scalar functions that runs have learned."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import numpy as np

from nnspec.analysis.learned_functions import POINTS, LearnedFunctions, Points, learned_functions
from nnspec.cli import options, output_option
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.tables import aligned
from nnspec.cli.run_labels import label_runs
from nnspec.compute import ComputeConfig, Precision
from nnspec.runs.folder import RunFolder
from nnspec.runs.trained import TrainedRun

_TABLE_ROWS = 9


@click.command("plot-function")
@options.run_folders
@output_option.image_option("A picture of the functions over the rows, a .png or .svg file.")
@options.compute_options
@options.as_json
def command(
    runs: tuple[Path, ...], out: Path | None, backend: str, device: str, precision: Precision,
    as_json: bool,
) -> None:  # fmt: skip
    """Show what runs have learnt of one number: their functions, over the training rows.

    For networks with one number as input and one as output, trained on the same rows. Where the
    rows are drawn from a function (`source: synthetic`), it is shown as the truth. RUN is a run
    folder, or the folder that holds the numbered runs (the newest that finished).
    """
    compute = ComputeConfig(backend, precision, device)
    folders = label_runs(runs, partial(RunFolder.open_trained, on_note=print_note))
    functions = learned_functions(
        {name: TrainedRun.load(folder, compute) for name, folder in folders.items()}
    )
    if out:
        from nnspec.plotting import learned_functions as figure
        from nnspec.plotting import style

        style.save(out, figure.SIZE, lambda canvas: figure.paint(canvas, functions))
    if as_json:
        print_json({**_plain(functions), "picture": str(out) if out else None})
    else:
        print_text("\n\n".join([_table(functions), *([f"drawn in {out}"] if out else [])]))


def _plain(functions: LearnedFunctions) -> dict[str, object]:
    """The keys of `plot-function --json`, without `picture`."""

    def listed(points: Points | None) -> dict[str, object] | None:
        return points and {"x": points.x.tolist(), "y": points.y.tolist()}

    runs = {name: listed(points) for name, points in functions.runs.items()}
    return {"rows": listed(functions.rows), "truth": listed(functions.truth), "runs": runs}


def _table(functions: LearnedFunctions) -> str:
    """A table of the truth, interpolated between rows, and each run's y at a few x."""
    rows: list[tuple[str, ...]] = [("x", *(name for name, _ in _curves(functions)))]
    for x in next(iter(functions.runs.values())).x[:: (POINTS - 1) // (_TABLE_ROWS - 1)]:
        values = (float(np.interp(x, *points)) for _, points in _curves(functions))
        rows.append((f"{x:.4g}", *(f"{value:.4g}" for value in values)))
    return aligned(rows)


def _curves(functions: LearnedFunctions) -> Iterator[tuple[str, Points]]:
    """The columns of the table: the truth, if it is known, and each run."""
    if functions.truth:
        yield "truth", functions.truth
    yield from functions.runs.items()
