"""Click options --row and --input, which select the row that a command works on."""

from __future__ import annotations

from contextlib import nullcontext

import click

from nnspec.backends.arrays import Values
from nnspec.cli import options
from nnspec.cli.options import Command
from nnspec.data.literals import read_table_row, read_values
from nnspec.data.row_origin import Side
from nnspec.runs.weights import InputRow, NetworkWithWeights, RowPreprocessor

_HINT = "give --input, or a spec with a data section"


def row_options(command: Command) -> Command:
    """Add --row and --input to a command."""
    number = click.option("--row", "number", type=click.IntRange(min=0),
                          help="A row of the spec's data.  [default: 0]")  # fmt: skip
    array = click.option("--input", "array", metavar="FILE|VALUE", type=options.FileOrValue(),
                         help="A .npy, .npz, .csv or .png file (grey: 255 is black), or [[1, 0], "
                              "[0, 1]]; as it is before the preprocessing. Several inputs: "
                              "{image: [[1, 0]], words: [3]}, or an .npz file of their "
                              "names. Of a table: {age: 3, city: Taipei}.")  # fmt: skip
    return number(array(command))


def select_row(
    network: NetworkWithWeights, split: str, number: int | None, array: str | None,
    target: str | None,
) -> InputRow:  # fmt: skip
    """Row `number` of a split (`train` if the data have no such split), or the given array."""
    if number is not None and array is not None:
        raise click.UsageError("--row is of the spec's data, --input is not: give one of them")
    if target is not None and array is None:
        raise click.UsageError("--target goes with --input; rows of the data have their own")
    if array is None and network.spec.data is None:
        raise click.UsageError(f"there is no row to work on: {_HINT}")
    if array is None:
        raw = network.raw_splits()
        with nullcontext() if number is None else options.blamed_on("--row", str(number)):
            return network.row_of(raw, number or 0, split)
    preparation = network.preparation()  # what is wrong with the run is not told of an option
    values = _read("--input", array, preparation, "inputs")
    targets = None if target is None else _read("--target", target, preparation, "targets")
    with options.blamed_on("--input", array):
        row = network.given_inputs(values, preparation)
    if target is not None and targets is not None:
        with options.blamed_on("--target", target):
            targets = network.given_targets(targets, row, preparation)
    return InputRow(row, targets, "the given row")


def _read(name: str, text: str, preparation: RowPreprocessor | None, side: Side) -> Values:
    """The array or arrays of an option; of a table, one row of the columns of a side."""
    with options.blamed_on(name, text):
        types = preparation and preparation.column_types(side)
        if not types:
            return read_values(text, name)
        row = read_table_row(text, name, types)
        return {column: value.reshape(()) for column, value in row.items()}
