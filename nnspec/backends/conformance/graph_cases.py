"""Conformance cases for graphs: several inputs, outputs and readers, shared weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnspec.backends.conformance.case import Case
from nnspec.components.metrics.base import Metric


class RankedError(Metric):
    """mean_i (i + 1) |p_i - y_i| over all numbers: each row counts, and their order."""

    def update(self, predictions: Any, targets: Any) -> Any:
        """The absolute errors of a batch."""
        return np.abs(predictions.reshape(-1) - targets.reshape(-1))

    def merge(self, first: Any, second: Any) -> Any:
        """The errors of both."""
        return np.concatenate([first, second])

    def result(self, state: Any) -> float:
        """The mean of errors times ranks."""
        return float((state * np.arange(1, len(state) + 1)).mean())


def graph_cases() -> Iterator[Case]:
    """A case for each use of a graph that a chain of layers lacks."""
    for name, layers, shape in _CHAINS:
        yield Case(name, {"input_shape": list(shape), "layers": layers})
    yield Case("layer shared 0", _TWINS, optimizer={"adam": {}})
    yield Case("graph whole numbers beside numbers", _WORDS, whole_numbers={"words": 6})
    yield Case(
        "graph two outputs", _TWO_OUTPUTS,
        {"price": "mean_squared_error", "kind": "categorical_crossentropy"},
        {"adam": {}}, {"price": 0.25},
        {"price": ["half_squared_error"], "kind": ["accuracy"]},
    )  # fmt: skip
    yield Case(
        "graph two outputs with regularizers", _REGULARIZED_OUTPUTS,
        {"first": "mean_squared_error", "second": "half_squared_error"},
        loss_weights={"first": 2.0, "second": 0.5},
    )  # fmt: skip
    yield Case(
        "graph two metrics of one kind", _CLASSES, "categorical_crossentropy",
        metrics=["mean_squared_error", {"mean_squared_error": {"name": "second"}}],
    )  # fmt: skip
    yield Case(
        "graph metric with a state", _CLASSES, "categorical_crossentropy",
        metrics=["accuracy"], host_metrics={"classes": RankedError()},
    )  # fmt: skip
    yield Case(
        "graph metrics with a state of one output of two", _TWO_OUTPUTS,
        {"price": "mean_squared_error", "kind": "categorical_crossentropy"},
        host_metrics={"kind": RankedError()},
    )  # fmt: skip
    yield Case(
        "graph row weights of one output of two", _TWO_OUTPUTS,
        {"price": "mean_squared_error", "kind": "sparse_categorical_crossentropy"},
        metrics={"kind": ["accuracy"]}, row_weights=True,
    )  # fmt: skip


_TANH = {"dense": {"units": 4, "activation": "tanh"}}


def _named(kind: str, name: str, *inputs: str, **options: Any) -> dict[str, Any]:
    """A layer with a name and, if any, the names of what it reads."""
    reads = {"inputs": list(inputs)} if inputs else {}
    return {kind: {"name": name, **reads, **options}}


_CHAINS: list[tuple[str, list[Any], tuple[int, ...]]] = [
    ("layer sequential 0", [{"sequential": {"name": "encoder", "layers": [_TANH, _TANH]}}], (3,)),
    ("layer residual 0", [_TANH, {"residual": [_TANH, {"dense": 4}]}, {"dense": 2}], (3,)),
    (
        "layer residual 1",
        [
            {"residual": {
                "layers": [{"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same"}}, "tanh"],
                "shortcut": [{"conv2d": {"filters": 3, "kernel_size": 1}}, "batch_normalization"],
            }},
            "global_average_pooling2d",
        ],
        (4, 4, 2),
    ),
    ("layer branches 0", [{"branches": [[_TANH], [], [{"dense": 3}, "silu"]]}, {"dense": 2}], (3,)),
    (
        "layer branches 1",
        [
            {"conv2d": {"filters": 4, "kernel_size": 1}},
            {"branches": {
                "merge": "multiply",
                "paths": [["sigmoid"], [{"global_average_pooling2d": {"keepdims": True}}]],
            }},
        ],
        (3, 2, 2),
    ),
    (
        "graph value read by three",
        [
            _named("dense", "trunk", units=4, activation="tanh"),
            _named("dense", "a", "trunk", units=4),
            _named("multiply", "b", "trunk", "a"),
            _named("add", "c", "trunk", "b", "trunk"),
        ],
        (3,),
    ),
    (
        "graph value that one layer reads twice",
        [_named("dense", "trunk", units=4), _named("multiply", "square", "trunk", "trunk")],
        (3,),
    ),
    (
        "graph shared batch normalization and dropout",
        [
            _named("dense", "trunk", units=6),
            _named("batch_normalization", "norm", "trunk", momentum=0.5),
            _named("dropout", "drop", rate=0.5),
            _named("dense", "twist", units=6, activation="tanh"),
            _named("shared", "norm_again", layer="norm"),
            _named("shared", "drop_again", layer="drop"),
        ],
        (3,),
    ),
    (
        "graph rewired to the input",
        [
            {"dense": {"units": 3, "activation": "tanh"}},
            _named("dense", "other", "input", units=3),
            _named("subtract", "difference", "dense", "other"),
        ],
        (3,),
    ),
]  # fmt: skip

_TWINS = {
    "inputs": {"left": {"shape": [3]}, "right": {"shape": [3]}},
    "layers": [
        {"sequential": {"name": "encoder", "inputs": "left", "layers": [_TANH, {"dense": 2}]}},
        _named("shared", "again", "right", layer="encoder"),
        _named("subtract", "difference", "encoder", "again"),
        _named("dense", "head", units=1),
    ],
}
_WORDS = {
    "inputs": {"numbers": {"shape": [3]}, "words": {"shape": [5], "dtype": "int32"}},
    "layers": [
        _named("embedding", "tokens", "words", input_dim=6, output_dim=3),
        _named("dense", "gate", "numbers", units=3, activation="sigmoid"),
        _named("dot", "scores", "tokens", "gate", axes=[2, 1]),
        _named("concatenate", "all", "scores", "numbers"),
        {"dense": 2},
    ],
}
_TWO_OUTPUTS = {
    "input_shape": [3],
    "layers": [
        _named("dense", "trunk", units=4, activation="tanh"),
        _named("dense", "price", "trunk", units=1),
        _named("dense", "kind", "trunk", units=3, activation="softmax"),
        _named("dense", "more", "kind", units=1),
        _named("add", "total", "price", "more"),
    ],
    "outputs": {"price": "total", "kind": "kind"},
}
_REGULARIZED_OUTPUTS = {
    "input_shape": [3],
    "layers": [
        _named("dense", "first", units=3, kernel_regularizer={"l2": 0.1}),
        _named("dense", "middle", units=3, activation="tanh"),
        _named("shared", "second", layer="first"),
    ],
    "outputs": ["first", "second"],
}
_CLASSES = {
    "input_shape": [3],
    "layers": [_TANH, _named("dense", "classes", units=3, activation="softmax")],
}
