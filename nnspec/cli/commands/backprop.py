"""`nnspec backprop`: show backpropagation of one row, and check a backend against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from pathlib import Path
from typing import Any

import click
import numpy as np

from nnspec.analysis.backprop.check import BackpropCheck, check_backprop
from nnspec.analysis.backprop.trace import Backprop, LayerTrace
from nnspec.backends.arrays import Arrays
from nnspec.cli import options
from nnspec.cli import row_options as rows
from nnspec.cli.output import print_json, print_note, print_text
from nnspec.cli.render import backprop_arithmetic, loss_arithmetic
from nnspec.cli.render.numbers import numbers
from nnspec.compute import ComputeConfig
from nnspec.runs.weights import InputRow, NetworkWithWeights

_RULES = """\
backward, with a_0 = 1 for the bias w_l0
  delta(K) = dL/da(K) * g'(z(K))
  delta(k) = (sum w(k) delta(k+1)) * g'(z(k))
  dL/dw_lj(k) = delta_l(k+1) * a_j(k)"""
_ADDED = "\n  where several layers read a(k), what they give to dL/da(k) is added"


@click.command()
@options.spec_or_run
@rows.row_options
@click.option(
    "--target", metavar="FILE|VALUE", type=options.FileOrValue(), help="The target of --input."
)
@options.backend
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], number: int | None, array: str | None,
    target: str | None, backend: str, as_json: bool,
) -> int:  # fmt: skip
    """One pass forward and one backward for a row, layer by layer, with the arithmetic.

    SPEC has the weights that it starts from, RUN (a run folder) those that it has learnt. All is
    computed by the chain rule as it is taught, in float64, and then compared with the gradients
    of a backend: exit code 1 where they differ by more than rounding. The row is one of the
    training data. Dropout and noise are left out, and batch normalization sees this row alone.
    """
    network = NetworkWithWeights.open(spec, overrides, print_note)
    row = rows.select_row(network, "train", number, array, target)
    check = check_backprop(network, row, ComputeConfig(backend, "float64"))
    if as_json:
        print_json(_plain(network, row, check))
    else:
        with np.errstate(all="ignore"):  # what overflows is printed as it is
            print_text("\n".join(_report(network, row, check)))
    return 0 if check.agrees else 1


def _report(network: NetworkWithWeights, row: InputRow, check: BackpropCheck) -> Iterator[str]:
    trace = check.trace
    yield f"{row.origin}, {network.origin}\n\nforward"
    for k, (name, values) in enumerate(trace.inputs.items(), start=1):
        yield f"\nlayer {k}: {name if name == 'input' else f'{name} (input)'}"
        yield backprop_arithmetic.labelled_line(f"a({k})", numbers(values))
    for layer in trace.layers:
        yield from ("", *backprop_arithmetic.forward(layer))
    yield from _losses(trace)
    yield f"\n{_RULES if trace.is_chain else f'{_RULES}{_ADDED}'}"
    for layer in reversed(trace.layers):
        yield from ("", *backprop_arithmetic.backward(trace, layer))
    yield f"\n{_verdict(check)}"


def _losses(trace: Backprop) -> Iterator[str]:
    """Lines of the loss of each output, and of their sum where there are several."""
    several = len(trace.outputs) > 1
    for output in trace.outputs:
        yield f"\nloss{f' of {output.name}' if several else ''}: {output.loss.kind}"
        yield backprop_arithmetic.labelled_line("y", numbers(output.y))
        text = (
            loss_arithmetic.output_equation(output) if several else loss_arithmetic.equation(trace)
        )
        yield backprop_arithmetic.labelled_line("L", text)
        if output.gradient is not None:
            k = next((layer.k for layer in trace.layers if layer.output == output.name), "")
            yield backprop_arithmetic.labelled_line(f"dL/da({k})", numbers(output.gradient))
    if several:
        yield "\nloss: the sum, each times its weight"
        yield backprop_arithmetic.labelled_line("L", loss_arithmetic.equation(trace))


def _verdict(check: BackpropCheck) -> str:
    backend = check.compute.backend
    if isnan(check.difference):
        return f"{backend} cannot be compared: not every gradient is a finite number"
    verdict = "agrees with" if check.agrees else "DIFFERS from"
    return f"{verdict} {backend}: largest relative difference {check.difference:.1g}"


def _plain(network: NetworkWithWeights, row: InputRow, check: BackpropCheck) -> dict[str, Any]:
    """The keys of `backprop --json`."""
    trace = check.trace
    kinds = {output.name: output.loss.kind for output in trace.outputs}
    return {
        "name": network.spec.name,
        "row": row.origin,
        "weights": network.origin,
        "x": _only_or_all(_lists(trace.inputs)),
        "y": _only_or_all({output.name: output.y.tolist() for output in trace.outputs}),
        "loss": {"kind": _only_or_all(kinds), "value": trace.loss},
        "losses": {output.name: output.value for output in trace.outputs},
        "layers": [_layer(layer) for layer in trace.layers],
        "backend": check.compute.backend,
        "difference": check.difference,
        "agrees": check.agrees,
    }


def _only_or_all(values: Mapping[str, Any]) -> Any:
    """The only value, or the map of several."""
    return next(iter(values.values())) if len(values) == 1 else dict(values)


def _layer(layer: LayerTrace) -> dict[str, Any]:
    values = {key: getattr(layer, key).tolist() for key in ("z", "a", "delta")}
    kinds = [node.kind for node in layer.nodes]
    weights, gradients = _lists(layer.weights), _lists(layer.gradients)
    return {"k": layer.k, "name": layer.name, "kinds": kinds, "reads": layer.reads, **values,
            "weights": weights, "gradients": gradients}  # fmt: skip


def _lists(arrays: Arrays) -> dict[str, Any]:
    return {name: array.tolist() for name, array in arrays.items()}
