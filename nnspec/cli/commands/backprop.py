"""`nnspec backprop`."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import click
import numpy as np

from nnspec.analysis.backprop.check import BackpropCheck, check_backprop
from nnspec.analysis.backprop.trace import LayerTrace
from nnspec.backends.contract import Weights
from nnspec.cli import options
from nnspec.cli import options_row as rows
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import backprop_arithmetic, loss_arithmetic
from nnspec.cli.render.numbers import numbers
from nnspec.compute import ComputeConfig
from nnspec.runs.weights import InputRow, NetworkWithWeights

_RULES = """\
backward, with a_0 = 1 for the bias w_l0
  delta(K) = dL/da(K) * g'(z(K))
  delta(k) = (sum w(k) delta(k+1)) * g'(z(k))
  dL/dw_lj(k) = delta_l(k+1) * a_j(k)"""


@click.command()
@rows.spec_or_run
@rows.row_options
@click.option("--target", metavar="FILE|VALUE", help="The target of --input.")
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
    subject = NetworkWithWeights.open(spec, overrides)
    row = rows.select_row(subject, "train", number, array, target)
    worked = check_backprop(subject, row, ComputeConfig(backend, "float64"))
    if as_json:
        print_json(_plain(subject, row, worked))
    else:
        with np.errstate(all="ignore"):  # what overflows is printed as it is
            print_text("\n".join(_report(subject, row, worked)))
    return 0 if worked.agrees else 1


def _report(subject: NetworkWithWeights, row: InputRow, worked: BackpropCheck) -> Iterator[str]:
    found = worked.found
    yield f"{row.origin}, {subject.origin}\n\nforward\n\nlayer 1: input"
    yield backprop_arithmetic.block("a(1)", numbers(found.x))
    for layer in found.layers:
        yield from ("", *backprop_arithmetic.forward(layer))
    yield f"\nloss: {worked.loss.kind}"
    yield backprop_arithmetic.block("y", numbers(found.y))
    yield backprop_arithmetic.block("L", loss_arithmetic.value(worked.loss, found))
    if found.slope is not None:
        yield backprop_arithmetic.block(f"dL/da({found.layers[-1].k})", numbers(found.slope))
    yield f"\n{_RULES}"
    for index in reversed(range(len(found.layers))):
        yield from ("", *backprop_arithmetic.backward(found, index))
    yield f"\n{_verdict(worked)}"


def _verdict(worked: BackpropCheck) -> str:
    backend = worked.compute.backend
    if isnan(worked.difference):
        return f"{backend} cannot be compared: not every gradient is a finite number"
    verdict = "agrees with" if worked.agrees else "DIFFERS from"
    return f"{verdict} {backend}: largest relative difference {worked.difference:.1g}"


def _plain(subject: NetworkWithWeights, row: InputRow, worked: BackpropCheck) -> dict[str, Any]:
    """The keys of `backprop --json`."""
    found = worked.found
    return {
        "name": subject.spec.name,
        "row": row.origin,
        "weights": subject.origin,
        "x": found.x.tolist(),
        "y": found.y.tolist(),
        "loss": {"kind": worked.loss.kind, "value": found.loss},
        "layers": [_layer(layer) for layer in found.layers],
        "backend": worked.compute.backend,
        "difference": worked.difference,
        "agrees": worked.agrees,
    }


def _layer(layer: LayerTrace) -> dict[str, Any]:
    values = {key: getattr(layer, key).tolist() for key in ("z", "a", "delta")}
    kinds = [node.kind for node in layer.nodes]
    weights, gradients = _lists(layer.weights), _lists(layer.gradients)
    return {"k": layer.k, "name": layer.name, "kinds": kinds, **values,
            "weights": weights, "gradients": gradients}  # fmt: skip


def _lists(weights: Weights) -> dict[str, Any]:
    return {name: array.tolist() for name, array in weights.items()}
