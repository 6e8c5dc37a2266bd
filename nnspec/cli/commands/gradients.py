"""`nnspec gradients`: show the gradient norms of a run's weights."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.analysis.gradients import GradientStats, gradient, gradient_stats
from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.tables import aligned
from nnspec.compute import ComputeConfig, Precision
from nnspec.runs.trained import TrainedRun


@click.command()
@options.run_folder
@options.compute_options
@options.as_json
def command(
    run_folder: Path, backend: str, device: str, precision: Precision, as_json: bool
) -> None:
    """Show the gradient norm of each weight of a RUN, and neurons without gradient.

    For each weight the norm of the loss's gradient over all training rows, and how many of its
    neurons are idle: those whose gradient is 0 throughout, so that they cannot change, such as
    dead ReLUs. A norm far smaller in the first layers than in the last is a vanishing gradient.
    With train.epochs=0 a run is its start. RUN is a run folder, or the folder that holds the
    numbered runs (the newest that finished).
    """
    run = TrainedRun.open(run_folder, ComputeConfig(backend, precision, device), print_note)
    stats = list(gradient_stats(gradient(run.program, run.splits().train)))
    if as_json:
        rows = [one._asdict() for one in stats]
        print_json({"run": str(run.folder.path), "backend": backend, "gradients": rows})
        return
    head = ("", "gradient", "neurons", "idle")
    print_text(aligned([head, *map(_cells, stats)]))


def _cells(one: GradientStats) -> tuple[str, ...]:
    return (one.weight, f"{one.norm:.3e}", f"{one.neurons:,}", f"{one.idle:,}")
