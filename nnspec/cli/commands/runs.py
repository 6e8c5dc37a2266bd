"""`nnspec runs`: a list of runs with their figures."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.run_list import no_runs, run_list
from nnspec.errors import Problem, RunError, argument_place, visible
from nnspec.runs.listing import choose, folders_of_runs, runs_below, sort
from nnspec.runs.run_condition import parse_condition
from nnspec.runs.run_record import RunRecord


@click.command()
@click.argument("folder", metavar="[FOLDER]", type=options.FilePath(), default=Path("runs"))
@click.option("--where", "conditions", metavar="CONDITION", multiple=True,
              help="Such as test.accuracy>0.9 or optimizer=adam; may come twice.")  # fmt: skip
@click.option("--sort", "by", metavar="NAME", help="A figure or an option, such as test.loss.")
@click.option("--descending", is_flag=True, help="With --sort: the largest first.")
@options.as_json
def command(
    folder: Path, conditions: tuple[str, ...], by: str | None, descending: bool, as_json: bool
) -> None:
    """List the runs in FOLDER (runs, if none is given): how they ended, and their figures.

    FOLDER holds the folders of numbered runs, or the numbered runs. A condition compares a figure
    (status, backend, epochs, seconds, started, train.loss, test.accuracy, validation.loss, ...)
    or an option of the spec (train.batch_size=64, optimizer.learning_rate<0.1) with a value.
    A running process trains a run that is `running`; one that is `stopped` was killed.
    """
    if descending and by is None:
        raise click.UsageError("--descending needs --sort")
    wanted = [parse_condition(text, "--where") for text in conditions]
    if not folder.is_dir() and options.if_given("folder", True):
        message = f"there is no folder {visible(str(folder))}"
        raise RunError(Problem(message, argument_place(str(folder))))
    records = [RunRecord(path, print_note) for path in runs_below(folder)]
    chosen = choose(records, wanted)
    if by is not None:
        chosen = sort(chosen, by, descending=descending)
    if as_json:
        print_json({"runs": [record.plain() for record in chosen]})
    elif not records:
        print_text(no_runs(folder, folders_of_runs(folder)))
    else:
        print_text(run_list(chosen, folder, [*(one.name for one in wanted), *filter(None, [by])]))
