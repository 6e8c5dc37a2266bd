"""Networks whose weights are written down, so that what is tested of them is known."""

from __future__ import annotations

from typing import Any

from nnspec.runs.trainer import run
from nnspec.spec.loader import build

ROWS = {"inputs": [[0, 0], [1, 2], [2, 1], [4, 3]], "targets": [0.0, 1, 2, 3]}
TEST = {"inputs": [[1, 1], [3, 2], [2, 5]], "targets": [1.0, 0, 1]}


def spec(behaviour: list[Any], layers: list[Any], **changes: Any) -> Any:
    """A spec that trains nothing: the layers keep their initial weights."""
    values = {
        "data": {"source": {"rows": {**ROWS, "test": TEST}}},
        "network": {"layers": layers},
        "loss": "mean_squared_error",
        "optimizer": "sgd",
        "train": {"epochs": 0},
        "expect": {"behaviour": behaviour},
    }
    return build(values | changes)


def linear(*weights: Any) -> list[Any]:
    """A dense layer with a row of weights for each input."""
    rows = [weight if isinstance(weight, list) else [weight] for weight in weights]
    return [{"dense": {"units": len(rows[0]), "kernel_initializer": {"values": rows}}}]


def outcomes(out, behaviour, layers=None, **changes):
    """What comes out of each behaviour of the network p = 2 a - 3 b, or another."""
    report = run(spec(behaviour, layers or linear(2, -3), **changes), out=out)
    return list(report.expectations)
