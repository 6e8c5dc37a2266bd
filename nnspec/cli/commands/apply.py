"""`nnspec apply`: show the output of every layer for one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import click

from nnspec.analysis.activations import activations
from nnspec.backends.arrays import Array, named, take
from nnspec.backends.contract import Weights
from nnspec.cli import options, output_option
from nnspec.cli import row_options as rows
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render import image_grid
from nnspec.cli.render.backprop_arithmetic import labelled_line
from nnspec.cli.render.numbers import WIDTH, number, numbers, table
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.ir import Node
from nnspec.options.shapes import format_shape
from nnspec.plotting import image_grid as figure_grid
from nnspec.plotting import style
from nnspec.runs.weights import InputRow, NetworkWithWeights
from nnspec.training.rule_check import check_rules

_MAX_BANDS = 200  # rows of a picture; Matplotlib cannot draw much higher ones
_MAX_NUMBERS = 40  # of a vector that is shown in full


class Application(NamedTuple):
    """A network, one row, and the output of each node for it."""

    network: NetworkWithWeights
    row: InputRow
    outputs: Mapping[str, Array]

    @property
    def inputs(self) -> Mapping[str, Array]:
        """Each input by its name."""
        return named(take(self.row.inputs, 0), self.network.graph.inputs)

    @property
    def nodes(self) -> Iterator[tuple[Node, Weights, Array]]:
        """Each node with its weights by short name, and its output."""
        for node in self.network.graph.nodes:
            own = {name: self.network.weights[node.weight_name(name)] for name in node.weights}
            yield node, own, self.outputs[node.name]


@click.command()
@options.spec_or_run
@rows.row_options
@output_option.image_option("A picture of all images, a .png or .svg file.")
@options.backend
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], number: int | None, array: str | None,
    out: Path | None, backend: str, as_json: bool,
) -> None:  # fmt: skip
    """Apply a network to one row, and show the output of every layer.

    SPEC has the weights that it starts from, RUN (a run folder) those that it has learnt. Filters
    and feature maps are shown as images. The row is one of the test data, where there are any.
    """
    network = NetworkWithWeights.open(spec, overrides, print_note)
    compute = ComputeConfig(backend, "float64")
    check_rules(network.spec, network.graph, compute)
    row = rows.select_row(network, "test", number, array, None)
    outputs = activations(network.graph, network.weights, row.inputs, compute)
    application = Application(network, row, {name: output[0] for name, output in outputs.items()})
    if out:
        _draw(out, list(_bands(application)))
    if as_json:
        print_json(_plain(application))
    else:
        print_text("\n".join(_report(application)))


def _draw(out: Path, bands: Sequence[figure_grid.Band]) -> None:
    if len(bands) > _MAX_BANDS:
        raise NnspecError(f"a picture has at most {_MAX_BANDS} rows, and this has {len(bands):,}")
    style.save(out, figure_grid.size(bands), lambda figure: figure_grid.paint(figure, bands))


def _report(application: Application) -> Iterator[str]:
    network, row = application.network, application.row
    yield f"{row.origin}, {network.origin}\n"
    for number_of, (name, values) in enumerate(application.inputs.items()):
        yield f"{chr(10) if number_of else ''}{_title(name, values)}\n"
        yield from _array("channel", _image(values))
    for node, weights, output in application.nodes:
        yield ""
        yield _title(node.name, output)
        for name, weight in weights.items():
            yield from ("", *_weight(name, weight))
        yield from ("", *_array("feature map", output))


def _weight(name: str, weight: Array) -> Iterator[str]:
    """Lines of a weight: filters as images, a matrix as a table, others as numbers."""
    if _is_kernel(weight):
        yield from image_grid.lines(figure_grid.filters(name, weight))
    elif weight.ndim == 2:
        rows, columns = (range(1, n + 1) for n in weight.shape)
        lines = table(weight, [f"x{j}" for j in rows], [f"unit {unit}" for unit in columns])
        for symbol, line in zip_longest([name], lines, fillvalue=""):
            yield labelled_line(symbol, line)
    else:
        yield labelled_line(name, numbers(weight))


def _array(label: str, values: Array) -> Iterator[str]:
    """Lines of an array: images, or else numbers."""
    if values.ndim in (2, 3):
        yield from image_grid.lines(figure_grid.maps("", label, values))
    elif values.size <= _MAX_NUMBERS:
        text = "  ".join(map(number, values.ravel()))
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    else:
        yield f"  {numbers(values, WIDTH - 2)}"


def _bands(application: Application) -> Iterator[figure_grid.Band]:
    """Rows of the picture: the input, filters, and the output of each layer."""
    for name, values in application.inputs.items():
        yield figure_grid.maps(_title(name, values), "channel", _image(values))
    for node, weights, output in application.nodes:
        for name, weight in weights.items():
            if _is_kernel(weight):
                yield figure_grid.filters(
                    f"{node.name}: {name} {format_shape(weight.shape)}", weight
                )
        yield figure_grid.maps(_title(node.name, output), "feature map", output)


def _image(row: Array) -> Array:
    """A row; a grey image loses its channel axis."""
    return row[..., 0] if row.ndim == 3 and row.shape[2] == 1 else row


def _is_kernel(weight: Array) -> bool:
    """Whether a weight is the kernel of a convolution, by its axes."""
    return weight.ndim == 4


def _title(name: str, values: Array) -> str:
    return f"{name} {format_shape(values.shape)}"


def _plain(application: Application) -> dict[str, Any]:
    """The keys of `apply --json`; `input` is a map where there are several."""
    inputs = {name: values.tolist() for name, values in application.inputs.items()}
    return {
        "name": application.network.spec.name,
        "row": application.row.origin,
        "weights": application.network.origin,
        "input": inputs if len(inputs) > 1 else next(iter(inputs.values())),
        "layers": [
            {
                "name": node.name,
                "kind": node.kind,
                "weights": {name: weight.tolist() for name, weight in weights.items()},
                "output": output.tolist(),
            }
            for node, weights, output in application.nodes
        ],
    }
