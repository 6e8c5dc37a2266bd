"""`nnspec plot`: compare the training histories of several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import isnan, nan
from pathlib import Path

import click

from nnspec.cli import options, output_option
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.tables import aligned
from nnspec.cli.run_labels import label_runs
from nnspec.errors import (
    NnspecError,
    Problem,
    RunError,
    argument_place,
    did_you_mean,
    quoted,
    visible,
)
from nnspec.runs.folder import RunFolder
from nnspec.runs.history import History

_NO_METRICS = ("epoch", "seconds")  # columns of a history


@click.command()
@options.run_folders
@click.option("--figure", "wanted", metavar="NAME", multiple=True,
              help="What to compare, such as loss; may come twice.  [default: all]")  # fmt: skip
@output_option.image_option("A picture with a line a run, a .png or .svg file.")
@options.as_json
def command(
    runs: tuple[Path, ...], wanted: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Compare the training of several runs, epoch by epoch.

    A figure is the mean over an epoch's batches, each as it was before its update; those over
    validation rows are thin lines. RUN is a run folder, or the folder that holds the numbered
    runs (the newest that finished).
    """
    histories = _histories(runs)
    metrics = _metrics(histories, wanted)
    if out:
        from nnspec.plotting import history, style

        paint = partial(history.paint, runs=histories, metrics=metrics)
        style.save(out, history.size(len(metrics)), paint)
    if as_json:
        print_json({"runs": histories, "picture": str(out) if out else None})
    else:
        tables = [f"{metric}\n{_table(histories, metric)}" for metric in metrics]
        print_text("\n\n".join([*tables, *([f"drawn in {out}"] if out else [])]))


def _histories(paths: Sequence[Path]) -> dict[str, History]:
    """Each run's history by its label."""
    folders = label_runs(paths, partial(RunFolder.open, on_note=print_note))
    return {name: _history(folder) for name, folder in folders.items()}


def _history(folder: RunFolder) -> History:
    history = folder.history()
    if not history:
        run = visible(str(folder.path))
        raise RunError(f"{run} has no finished epoch to show", f"it {folder.ending()}")
    return history


def _metrics(histories: Mapping[str, History], wanted: Sequence[str]) -> list[str]:
    """Names of the metrics to compare: those wanted, or all of the histories."""
    names = (name.removeprefix("val_") for history in histories.values() for name in history)
    known = [name for name in dict.fromkeys(names) if name not in _NO_METRICS]
    for name in wanted:
        if name not in known:
            message, hint = f"no run has the figure {quoted(name)}", did_you_mean(name, known)
            raise NnspecError(Problem(message, argument_place(name), hint))
    return list(dict.fromkeys(wanted)) or known


def _table(histories: Mapping[str, History], metric: str) -> str:
    """A table of the first, least, largest and last value of a metric for each run."""
    rows: list[tuple[str, ...]] = [("", "epochs", "first", "least", "largest", "last")]
    for label, history in histories.items():
        for name, text in ((metric, label), (f"val_{metric}", f"{label}, validation")):
            if name in history:
                values = [value for value in history[name] if not isnan(value)] or [nan]
                numbers = (values[0], min(values), max(values), values[-1])
                rows.append((text, str(len(values)), *(f"{number:.4g}" for number in numbers)))
    return aligned(rows)
