"""Small specs and runs for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnspec.compute import ComputeConfig
from nnspec.runs.trainer import RunReport, run
from nnspec.spec.document import Spec
from nnspec.spec.loader import build

ROWS = {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [0, 1, 1, 0]}


def mnist(train_rows: int = 200, test_rows: int = 50, **changes: Any) -> dict[str, Any]:
    """Plain values of a spec: a small network on the first rows of MNIST."""
    values = {
        "name": "small",
        "data": {
            "source": {"mnist": {"train_rows": train_rows, "test_rows": test_rows}},
            "inputs": ["flatten", {"cast": "float32"}, {"divide": 255}],
            "targets": [{"one_hot": 10}],
        },
        "network": {"layers": [{"dense": {"units": 10, "activation": "softmax"}}]},
        "loss": "categorical_crossentropy",
        "optimizer": {"sgd": {"learning_rate": 0.1}},
        "metrics": ["accuracy"],
        "train": {"epochs": 2, "batch_size": 64},
    }
    return values | changes


def rows(source: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Plain values of a spec: a tiny network on inline rows, by default XOR."""
    values = {
        "data": {"source": {"rows": source or ROWS}},
        "network": {"layers": [{"dense": {"units": 1, "activation": "sigmoid"}}]},
        "loss": "binary_crossentropy",
        "optimizer": "sgd",
    }
    return values | changes


def spec(values: dict[str, Any]) -> Spec:
    """Build a spec from plain values."""
    return build(values)


def trained(values: dict[str, Any], out: Path, **compute: Any) -> RunReport:
    """Run the spec of plain values; return the report."""
    return run(build(values), ComputeConfig(**compute), out)
