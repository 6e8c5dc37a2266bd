"""`nnspec run`: train a spec, evaluate it, and write the run's folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_note
from nnspec.cli.processes import in_processes
from nnspec.cli.training import compute_to_resume, train
from nnspec.compute import ComputeConfig, Precision
from nnspec.errors import visible
from nnspec.runs.resume import resume_with
from nnspec.runs.trainer import run
from nnspec.runs.unfinished import unfinished_run
from nnspec.spec import loader


@click.command()
@options.spec_and_overrides
@options.compute_options
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the spec's train.seed.")
@click.option("-o", "--out", type=options.FilePath(), default=Path("runs"),
              show_default=True, help="Where runs are kept.")  # fmt: skip
@click.option("--resume", "goes_on", is_flag=True,
              help="Go on with the newest run of the spec that has not ended, if any.")  # fmt: skip
@options.accept_changes
@options.progress
@options.as_json
@in_processes
def command(
    spec: Path, overrides: tuple[str, ...], backend: str, device: str, precision: Precision,
    seed: int | None, out: Path, goes_on: bool, accept_changes: bool, progress: str, as_json: bool,
) -> int:  # fmt: skip
    """Train SPEC, evaluate it, and keep the run in a new folder.

    Words like train.epochs=3 change values of the spec. Ctrl-C ends the training after the update
    at hand; the run folder can be evaluated and predicted with all the same, and `nnspec resume`
    goes on to the weights that the whole run would have had.
    """
    if accept_changes and not goes_on:
        raise click.UsageError("--accept-changes is for a run that goes on: add --resume")
    loaded = loader.load(spec, options.with_option(overrides, "--seed", "train.seed", seed))
    stopped = unfinished_run(loaded, out) if goes_on else None
    if stopped is None:
        if goes_on:
            name = visible(str(out / loaded.name))
            print_note(f"there is no run in {name} that has not ended: a new one begins")
        compute = ComputeConfig(backend, precision, device)
        training = partial(run, loaded, compute, out)
        return train(backend, training, progress, as_json=as_json)
    compute = compute_to_resume(
        stopped,
        options.if_given("backend", backend),
        options.if_given("device", device),
        options.if_given("precision", precision),
    )
    return train(
        compute.backend,
        lambda listener: resume_with(
            stopped, loaded, compute, listener, accept_changes=accept_changes
        ),
        progress,
        as_json=as_json,
    )
