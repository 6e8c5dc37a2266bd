"""`nnspec gallery`: the networks that come with nnspec."""

from __future__ import annotations

from importlib import resources
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec import loader
from nnspec.spec.gallery import Network, networks

_HEAD = ("network", "parameters", "FLOPs", "input", "accuracy", "source")
_MAX_SOURCE = 60  # characters


@click.command()
@options.as_json
def command(as_json: bool) -> None:
    """List the published networks: parameters, FLOPs of a forward pass, and where they are from.

    Those that train on the MNIST that nnspec has, as their sources do, have the accuracy that they
    reach on its test rows: `nnspec run NAME` trains one.

    `nnspec init --from NAME` starts a spec from one, `nnspec draw NAME` shows it, and other
    commands take NAME for its spec too.
    """
    rows = [_plain(name, network) for name, network in networks().items()]
    if as_json:
        print_json(rows)
        return
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print_text("\n".join(_line(one, widths) for one in cells))


def _plain(name: str, network: Network) -> dict[str, Any]:
    """The figures of a network."""
    with resources.as_file(network.page) as path:
        spec = loader.load(path, network.overrides)
    summary = summarise(compile_spec(spec))
    return {
        "name": name,
        "parameters": summary.parameters,
        "trainable": summary.trainable,
        "flops": summary.flops,
        "input_shape": list(next(iter(summary.inputs.values())).shape),
        "test": spec.expect.test if spec.expect else {},
        "source": network.source,
        "about": network.about,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shape = "x".join(map(str, row["input_shape"]))
    accuracy = row["test"].get("accuracy")
    return (
        row["name"], f"{row['parameters']:,}", f"{row['flops']:,}", shape,
        "" if accuracy is None else f"{accuracy:g}", _short(row["source"]),
    )  # fmt: skip


def _short(source: str) -> str:
    """The authors, the year and the title, cut where they are long."""
    end = source.find('"', source.find('"') + 1) + 1
    text = source[: end or None].rstrip(",.")
    return text if len(text) <= _MAX_SOURCE else f"{text[: _MAX_SOURCE - 3]}..."


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, parameters, flops, shape, accuracy, source = (
        cell.rjust(width) if number in (1, 2) else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"{name}  {parameters}  {flops}  {shape}  {accuracy}  {source}".rstrip()
