"""Activations at their kinks and jumps, with the derivative that is counted there."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.contract import Program
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.spec.loader import build

_SHRINK = {"threshold": 0.5}
KINKS: list[tuple[Any, float, float]] = [  # activation, place, derivative of the branch on the left
    ("relu", 0, 0),
    ({"relu": {"max_value": 6}}, 0, 0),
    ({"relu": {"max_value": 6}}, 6, 1),
    ({"relu": {"negative_slope": 0.25, "threshold": 1}}, 1, 0.25),
    ({"leaky_relu": 0.25}, 0, 0.25),
    ("relu6", 0, 0),
    ("relu6", 6, 1),
    ({"elu": 0.5}, 0, 0.5),
    ("selu", 0, 1.0507009873554805 * 1.6732632423543772),
    ({"celu": 0.5}, 0, 1),
    ("softplus", 0, 0.5),
    ("log_sigmoid", 0, 0.5),
    ("softsign", 0, 1),
    ("hard_sigmoid", -3, 0),
    ("hard_sigmoid", 3, 1 / 6),
    ("hard_silu", -3, 0),
    ("hard_silu", 3, 1.5),
    ("hard_tanh", -1, 0),
    ("hard_tanh", 1, 1),
    ({"soft_shrink": _SHRINK}, -0.5, 1),
    ({"soft_shrink": _SHRINK}, 0.5, 0),
    ({"hard_shrink": _SHRINK}, -0.5, 0),  # jumps: the branch that gives the value
    ({"hard_shrink": _SHRINK}, 0.5, 0),
    ({"threshold": {"threshold": 0.5, "default_value": 0.25}}, 0.5, 0),
    ("sparse_plus", -1, 0),
    ("sparse_plus", 1, 1),
    ("sparse_sigmoid", -1, 0),
    ("sparse_sigmoid", 1, 0.5),
]


def graph_at_kinks() -> Graph:
    """Each activation of a bias that lies at its kink, one beside the other."""
    paths = [
        [{"dense": {
            "units": 1, "kernel_initializer": "zeros", "activation": activation,
            "bias_initializer": {"constant": float(place)},
        }}]
        for activation, place, _ in KINKS
    ]  # fmt: skip
    return compile_spec(build({"network": {"input_shape": 1, "layers": [{"branches": paths}]}}))


def derivatives(program: Program, graph: Graph) -> np.ndarray:
    """The derivative of each activation by its bias, by a squared error whose slope is 1."""
    x = np.ones((1, 1))
    targets = program.predict(x) - len(KINKS)
    gradients = program.gradients(program.upload(x, targets), np.arange(1))
    return np.concatenate([gradients[name] for name, _ in graph.weights() if "bias" in name])
