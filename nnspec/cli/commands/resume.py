"""`nnspec resume`: go on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.processes import in_processes
from nnspec.cli.training import compute_to_resume, train
from nnspec.compute import Precision
from nnspec.runs.resume import resume
from nnspec.runs.unfinished import run_to_resume


@click.command()
@options.run_folder
@options.run_overrides
@options.recorded_compute_options
@options.accept_changes
@options.progress
@options.as_json
@in_processes
def command(
    run_folder: Path, overrides: tuple[str, ...], backend: str | None, device: str | None,
    precision: Precision | None, accept_changes: bool, progress: str, as_json: bool,
) -> int:  # fmt: skip
    """Go on with a RUN from its last checkpoint, to the weights and figures of a whole run.

    RUN is a run folder, or the folder that holds the numbered runs (the newest that has not ended).
    train.epochs=20 or train.steps=2000 trains on, also where the run has finished. What else has
    changed in the spec since the checkpoint is an error, and so are other data.
    """
    run = run_to_resume(run_folder)
    compute = compute_to_resume(run, backend, device, precision)
    return train(
        compute.backend,
        lambda listener: resume(run, overrides, compute, listener, accept_changes=accept_changes),
        progress,
        as_json=as_json,
    )
