"""`nnspec apply`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import click

from nnspec.analysis.activations import activations
from nnspec.backends.contract import Array, Weights
from nnspec.cli import options, options_image
from nnspec.cli import options_row as rows
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import image_grid
from nnspec.cli.render.backprop_arithmetic import block
from nnspec.cli.render.numbers import WIDTH, number, numbers, table
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.ir import Node
from nnspec.options.shapes import format_shape
from nnspec.plotting import image_grid as picture_grid
from nnspec.plotting import style
from nnspec.runs.weights import InputRow, NetworkWithWeights
from nnspec.training.rule_check import check_rules

_ROWS = 200  # of a picture; more make it too high to be drawn
_WHOLE = 40  # numbers of a vector that are all shown


class Applied(NamedTuple):
    """What each node of a network gives for a row."""

    subject: NetworkWithWeights
    row: InputRow
    outputs: Mapping[str, Array]

    @property
    def nodes(self) -> Iterator[tuple[Node, Weights, Array]]:
        """Each node with its own weights and what it gives."""
        for node in self.subject.graph.nodes:
            own = {name: self.subject.weights[f"{node.name}/{name}"] for name in node.weights}
            yield node, own, self.outputs[node.name]


@click.command()
@rows.spec_or_run
@rows.row_options
@options_image.image_option("A picture of all images, a .png or .svg file.")
@options.backend
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], number: int | None, array: str | None,
    out: Path | None, backend: str, as_json: bool,
) -> None:  # fmt: skip
    """Apply a network to one row, and show what every layer makes of it.

    SPEC has the weights that it starts from, RUN (a run folder) those that it has learnt. Filters
    and feature maps are shown as images. The row is one of the test data, where there are any.
    """
    subject = NetworkWithWeights.open(spec, overrides)
    compute = ComputeConfig(backend, "float64")
    check_rules(subject.spec, subject.graph, compute)
    row = rows.select_row(subject, "test", number, array, None)
    found = activations(subject.graph, subject.weights, row.inputs, compute)
    applied = Applied(subject, row, {name: output[0] for name, output in found.items()})
    if out:
        _draw(out, list(_bands(applied)))
    if as_json:
        print_json(_plain(applied))
    else:
        print_text("\n".join(_report(applied)))


def _draw(out: Path, bands: Sequence[picture_grid.Band]) -> None:
    if len(bands) > _ROWS:
        raise NnspecError(f"a picture has at most {_ROWS} rows, and this has {len(bands):,}")
    style.save(out, picture_grid.size(bands), lambda figure: picture_grid.paint(figure, bands))


def _report(applied: Applied) -> Iterator[str]:
    subject, row = applied.subject, applied.row
    yield f"{row.origin}, {subject.origin}\n"
    given = _image(row.inputs[0])
    yield f"{_title('input', row.inputs[0])}\n"
    yield from _array("channel", given)
    for node, weights, output in applied.nodes:
        yield ""
        yield _title(node.name, output)
        for name, weight in weights.items():
            yield from ("", *_weight(name, weight))
        yield from ("", *_array("feature map", output))


def _weight(name: str, weight: Array) -> Iterator[str]:
    if _is_filters(weight):
        yield from image_grid.lines(picture_grid.filters(name, weight))
    elif weight.ndim == 2:
        rows, columns = (range(1, n + 1) for n in weight.shape)
        lines = table(weight, [f"x{j}" for j in rows], [f"unit {unit}" for unit in columns])
        for symbol, line in zip_longest([name], lines, fillvalue=""):
            yield block(symbol, line)
    else:
        yield block(name, numbers(weight))


def _array(label: str, values: Array) -> Iterator[str]:
    """An image or images; anything else as numbers."""
    if values.ndim in (2, 3):
        yield from image_grid.lines(picture_grid.maps("", label, values))
    elif values.size <= _WHOLE:
        text = "  ".join(map(number, values.ravel()))
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    else:
        yield f"  {numbers(values, WIDTH - 2)}"


def _bands(applied: Applied) -> Iterator[picture_grid.Band]:
    """What is drawn: the input, filters, and what each layer gives."""
    row = applied.row.inputs[0]
    yield picture_grid.maps(_title("input", row), "channel", _image(row))
    for node, weights, output in applied.nodes:
        for name, weight in weights.items():
            if _is_filters(weight):
                yield picture_grid.filters(
                    f"{node.name}: {name} {format_shape(weight.shape)}", weight
                )
        yield picture_grid.maps(_title(node.name, output), "feature map", output)


def _image(row: Array) -> Array:
    """A grey image without its channel axis."""
    return row[..., 0] if row.ndim == 3 and row.shape[2] == 1 else row


def _is_filters(weight: Array) -> bool:
    return weight.ndim == 4


def _title(name: str, values: Array) -> str:
    return f"{name} {format_shape(values.shape)}"


def _plain(applied: Applied) -> dict[str, Any]:
    """The keys of `apply --json`."""
    return {
        "name": applied.subject.spec.name,
        "row": applied.row.origin,
        "weights": applied.subject.origin,
        "input": applied.row.inputs[0].tolist(),
        "layers": [
            {
                "name": node.name,
                "kind": node.kind,
                "weights": {name: weight.tolist() for name, weight in weights.items()},
                "output": output.tolist(),
            }
            for node, weights, output in applied.nodes
        ],
    }
