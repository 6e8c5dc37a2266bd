"""`nnspec summary`: show a network's layers, shapes and parameters."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.spec import loader
from nnspec.training.data_shapes import with_data_shapes


@click.command()
@options.spec_and_overrides
@click.option("--expand", is_flag=True, help="One row for each layer of every group.")
@options.as_json
def command(spec: Path, overrides: tuple[str, ...], expand: bool, as_json: bool) -> None:
    """Show the layers of SPEC with shapes, parameters and formulas; nothing is run.

    The data are read only where they alone tell a shape, such as how many categories there are.

    A block, a repeat and a sequential group is one row. What a row reads is said where that is
    not the row above.

    Words like network.layers.0.dense.units=64 change values of the spec.
    """
    summary = summarise(compile_spec(with_data_shapes(loader.load(spec, overrides))))
    if as_json:
        print_json(summary.plain())
    else:
        print_text(table(summary, expand=expand))
