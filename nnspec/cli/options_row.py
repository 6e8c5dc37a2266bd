"""Which row a command works on: one of the spec's data, or one that is given."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.options import Command
from nnspec.data.literals import read_literal
from nnspec.runs.weights import InputRow, NetworkWithWeights

_HINT = "give --input, or a spec with a data section"


def spec_or_run(command: Command) -> Command:
    """SPEC or a run folder, and overrides."""
    path = click.argument("spec", metavar="SPEC|RUN", type=click.Path(path_type=Path))
    overrides = click.argument("overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...")
    return path(overrides(command))


def row_options(command: Command) -> Command:
    """--row and --input."""
    number = click.option("--row", "number", type=click.IntRange(min=0),
                          help="A row of the spec's data.  [default: 0]")  # fmt: skip
    array = click.option("--input", "array", metavar="FILE|VALUE",
                         help="A .npy, .npz, .csv or .png file (grey: 255 is black), or [[1, 0], "
                              "[0, 1]]; as it is before the data preparation.")  # fmt: skip
    return number(array(command))


def select_row(
    on: NetworkWithWeights, part: str, number: int | None, array: str | None, target: str | None
) -> InputRow:
    """A row of `train` or `test` (of `train` where there is no such), or the one that is given."""
    if number is not None and array is not None:
        raise click.UsageError("--row is of the spec's data, --input is not: give one of them")
    if target is not None and array is None:
        raise click.UsageError("--target goes with --input; rows of the data have their own")
    if array is None and on.spec.data is None:
        raise click.UsageError(f"there is no row to work on: {_HINT}")
    if array is None:
        return on.data_row(number or 0, part)
    return on.given_row(
        read_literal(array, "--input"), None if target is None else read_literal(target, "--target")
    )
