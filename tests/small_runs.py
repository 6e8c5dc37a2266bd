"""Small specs and runs for tests."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from nnspec.compute import ComputeConfig
from nnspec.runs.report import RunReport
from nnspec.runs.trainer import run
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


IMAGES = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8], [0.2, 0.9], [0.6, 0.1]]
WORDS = [[0, 1, 2], [2, 1, 0], [3, 3, 1], [0, 0, 2], [1, 2, 3], [2, 2, 2]]
NAMED_ROWS = {
    "inputs": {"image": IMAGES, "words": WORDS},
    "targets": {"price": [1.0, 2.5, 3.0, 4.0, 5.0, 2.0], "kind": [0, 1, 2, 0, 1, 2]},
    "test": {
        "inputs": {"image": [[0.4, 0.4], [0.9, 0.3]], "words": [[1, 1, 1], [3, 0, 2]]},
        "targets": {"price": [2.0, 3.0], "kind": [1, 2]},
    },
}


def named(**changes: Any) -> dict[str, Any]:
    """Plain values of a spec with the inputs image and words and the outputs price and kind."""
    values = {
        "name": "named",
        "data": {
            "source": {"rows": deepcopy(NAMED_ROWS)},  # tests change them
            "inputs": {"image": ["standardize"]},
            "targets": {"price": ["standardize"]},
        },
        "network": {
            "inputs": {"image": {}, "words": {"dtype": "int32"}},
            "layers": [
                {"dense": {"name": "seen", "inputs": "image", "units": 4, "activation": "tanh"}},
                {
                    "embedding": {
                        "name": "tokens",
                        "inputs": "words",
                        "input_dim": 4,
                        "output_dim": 3,
                    }
                },
                "flatten",
                {"concatenate": {"name": "trunk", "inputs": ["seen", "flatten"]}},
                {"dense": {"name": "price", "units": 1}},
                {
                    "dense": {
                        "name": "kind", "inputs": "trunk", "units": 3, "activation": "softmax",
                    }
                },
            ],
            "outputs": ["price", "kind"],
        },
        "loss": {"price": "mean_squared_error", "kind": "sparse_categorical_crossentropy"},
        "loss_weights": {"price": 0.5},
        "metrics": {"price": ["half_squared_error"], "kind": ["accuracy"]},
        "optimizer": {"adam": 0.05},
        "train": {"epochs": 3, "batch_size": 4},
    }  # fmt: skip
    return values | changes
