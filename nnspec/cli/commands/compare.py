"""`nnspec compare`: the specs and the figures of several runs, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render.run_comparison import comparison_text
from nnspec.cli.run_labels import label_runs
from nnspec.errors import Problem, RunError, argument_place, visible
from nnspec.graph.compile import compile_spec
from nnspec.graph.differences.spec_differences import (
    ComparedNetwork,
    SpecDifferences,
    spec_differences,
)
from nnspec.runs.folder import RunFolder
from nnspec.runs.run_record import RunRecord
from nnspec.spec.value_changes import short_text


@click.command()
@options.run_folders
@click.option("--all", "with_all", is_flag=True, help="Tell of all differences, however many.")
@options.as_json
def command(runs: tuple[Path, ...], with_all: bool, as_json: bool) -> None:
    """Show the figures of several runs side by side, and what differs in their specs.

    The layers and the values of each spec are compared with those of the first RUN, as `nnspec
    diff` compares two. RUN is a run folder, or the folder that holds the numbered runs (the newest
    that finished).
    """
    folders = label_runs(runs, partial(RunFolder.open, on_note=print_note))
    if len(folders) < 2 <= len(runs):
        (only,) = folders.values()
        message = f"{visible(str(only.path))} is all that is named: there is nothing to compare"
        raise RunError(Problem(message, argument_place(str(runs[-1])), "name another run too"))
    if len(folders) < 2:
        raise click.UsageError("name two runs or more to compare")
    records = {label: RunRecord(folder.path) for label, folder in folders.items()}
    networks = {label: _network(folder) for label, folder in folders.items()}
    first, *others = networks
    found = {label: spec_differences(networks[first], networks[label]) for label in others}
    if as_json:
        differences = {label: _plain(one) for label, one in found.items()}
        plain = {label: record.plain() for label, record in records.items()}
        print_json({"runs": plain, "differences": differences})
        return
    figures = {label: record.figures for label, record in records.items()}
    specs = {label: network.spec for label, network in networks.items()}
    print_text(comparison_text(figures, specs, found, with_all=with_all))


def _network(folder: RunFolder) -> ComparedNetwork:
    spec = folder.spec()
    return ComparedNetwork(spec, compile_spec(spec))


def _plain(found: SpecDifferences) -> Mapping[str, Any]:
    """The paths of the values that differ, each with both values as a spec may write them."""
    return {
        "layers": [
            {"change": one.action, "name": one.item.name, "kind": one.item.kind}
            for one in found.layers
        ],
        "values": [
            {"path": list(one.path), "a": short_text(one.old), "b": short_text(one.new)}
            for one in found.values
        ],
    }
