"""`nnspec diff`: compare two specs or runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.spec_differences import all_differences_text, differences_text
from nnspec.cli.spec_or_run import spec_of
from nnspec.cli.spec_words import SpecWords, specs_in_turn
from nnspec.graph.compile import compile_spec
from nnspec.graph.differences.layer_changes import LayerChange
from nnspec.graph.differences.network_items import NetworkItem
from nnspec.graph.differences.spec_differences import (
    ComparedNetwork,
    SpecDifferences,
    spec_differences,
)
from nnspec.graph.summary import summarise
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec
from nnspec.spec.value_changes import ValueChange
from nnspec.training.data_shapes import with_data_shapes


def _two_specs(
    ctx: click.Context, parameter: click.Parameter, words: Sequence[str]
) -> tuple[SpecWords, ...]:
    """Two specs, each with the words that change its values."""
    found = specs_in_turn(ctx, parameter, words)
    if len(found) != 2:
        given = "one is" if len(found) == 1 else f"{len(found)} are"
        raise click.UsageError(f"two specs or runs are compared, and {given} given")
    return found


@click.command()
@click.argument("specs", metavar="A [KEY.PATH=VALUE]... B [KEY.PATH=VALUE]...", nargs=-1,
                required=True, callback=_two_specs)  # fmt: skip
@click.option("--all", "with_all", is_flag=True, help="Tell of all differences, however many.")
@options.as_json
def command(specs: tuple[SpecWords, ...], with_all: bool, as_json: bool) -> int:
    """Compare two specs or runs, A and B: their layers, then the other sections key by key.

    Both are compared as they are after `extends`, blocks and `${...}`, with every default; names
    do not count. The layers are matched in the order of the network, by kind and name; what
    changes in several layers is told once. Of very many differences those in most layers are told.

    Words such as vars.width=64 change values of the spec before them. A and B may be names of
    `nnspec gallery`: nnspec diff resnet50 resnet101.

    Exit codes: 0 no difference, 1 differences, 2 an error.
    """
    with_run = any(one.path.is_dir() for one in specs)
    compared = _comparable(*map(_spec, specs), with_run=with_run)
    networks = [ComparedNetwork(spec, compile_spec(spec)) for spec in compared]
    found = spec_differences(*networks)
    names = [one.text for one in specs]
    if as_json:
        print_json(_plain(names, networks, found))
    else:
        text = all_differences_text if with_all else differences_text
        print_text(text(names, networks, found))
    return int(bool(found))


def _spec(words: SpecWords) -> Spec:
    """The spec in a file, with the shapes of its data, or that of a run, which has them."""
    with options.blamed_on("command line", str(words.path)):
        spec = spec_of(words.path, words.overrides)
        return spec if words.path.is_dir() else with_data_shapes(spec)


def _comparable(*specs: Spec, with_run: bool) -> list[Spec]:
    """The specs; beside a run, which keeps no `tune` section, with absolute paths as it has."""
    return [_as_kept(spec) for spec in specs] if with_run else list(specs)


def _as_kept(spec: Spec) -> Spec:
    data = spec.data
    if data is None:
        return spec.replace(tune=None)
    source = data.source.with_absolute_paths(spec.folder)
    return spec.replace(tune=None, data=data.replace(source=source))


# ---------------------------------------------------------------- JSON


def _plain(
    names: Sequence[str], networks: Sequence[ComparedNetwork], found: SpecDifferences
) -> dict[str, Any]:
    sides = dict(zip("ab", map(_side, names, networks), strict=True))
    return {
        "equal": not found,
        **sides,
        "layers": [_plain_layer(change) for change in found.layers],
        "values": [_plain_value(change) for change in found.values],
    }


def _side(name: str, network: ComparedNetwork) -> dict[str, Any]:
    summary = summarise(network.graph)
    return {
        "path": name,
        "name": network.spec.name,
        "layers": len(summary.rows),
        "parameters": summary.counts(),
    }


def _plain_layer(change: LayerChange) -> dict[str, Any]:
    return {
        "change": change.action,
        "a": _plain_item(change.old),
        "b": _plain_item(change.new),
        "behind": dict(zip("ab", [item and item.name for item in change.behind], strict=True)),
        "options": [_plain_value(option) for option in change.options],
    }


def _plain_item(item: NetworkItem | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "name": item.name,
        "kind": item.kind,
        "output_shape": list(item.shape),
        "parameters": item.parameters,
    }


def _plain_value(change: ValueChange) -> dict[str, Any]:
    return {"path": list(change.path), "a": to_plain(change.old), "b": to_plain(change.new)}
