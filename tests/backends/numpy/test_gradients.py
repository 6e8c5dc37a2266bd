"""Every gradient of both NumPy engines against central differences in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance
from tests.finite_differences import check_gradients
from tests.networks import away_from_kinks, graph_of, program_of, setup

ROWS = 3
ENGINES = ("numpy:fast", "numpy:reference")
CASES = [case for case in conformance.cases() if case.name.startswith(("layer", "graph", "frozen"))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: conformance.Case, engine: str) -> None:
    """Every layer after a PReLU with one weight per input, which tests the input gradient too."""
    graph, what = case.graph(), case.setup()
    program = program_of(graph, what, engine)
    inputs = {name: x[:ROWS] for name, x in case.inputs(graph).items()}
    check_gradients(
        program, inputs, {name: y[:ROWS] for name, y in case.targets(graph, what).items()}
    )


def one_hot(rows: int) -> np.ndarray:
    return np.eye(4)[np.arange(rows) % 4]


NUMBERS = np.random.default_rng(2).normal(size=(5, 4))
SHARES = np.abs(NUMBERS) / np.abs(NUMBERS).sum(axis=1, keepdims=True)
FOCAL = {"binary_focal_crossentropy": {"gamma": 0.5, "apply_class_balancing": True}}
LOGITS = [
    {f"{kind}_crossentropy": {"from_logits": True}}
    for kind in ("binary", "categorical", "binary_focal", "categorical_focal")
]
LOSSES = [
    ("mean_squared_error", "linear", np.random.default_rng(2).normal(size=(5, 4))),
    ("half_squared_error", "tanh", np.random.default_rng(2).normal(size=(5, 4))),
    ("binary_crossentropy", "sigmoid", np.random.default_rng(2).uniform(size=(5, 4))),
    ({"binary_crossentropy": {"label_smoothing": 0.2}}, "sigmoid", one_hot(5)),
    ("binary_crossentropy", {"softmax": -1}, one_hot(5)),
    ("categorical_crossentropy", "softmax", one_hot(5)),
    ("categorical_crossentropy", "softmax", np.random.default_rng(2).uniform(size=(5, 4))),
    ({"categorical_crossentropy": {"label_smoothing": 0.1}}, "softmax", one_hot(5)),
    ("categorical_crossentropy", "sigmoid", one_hot(5)),
    ("sparse_categorical_crossentropy", "softmax", np.arange(5) % 4),
    ("sparse_categorical_crossentropy", "softmax", np.arange(5)[:, None] % 4),
    ("sparse_categorical_crossentropy", "sigmoid", np.arange(5) % 4),
    ("mean_absolute_error", "linear", NUMBERS),
    ("mean_absolute_percentage_error", "linear", NUMBERS),
    ("mean_squared_logarithmic_error", "sigmoid", abs(NUMBERS)),
    ({"huber": 0.4}, "linear", NUMBERS),
    ("log_cosh", "linear", NUMBERS),
    ("cosine_similarity", "linear", NUMBERS),
    ("kl_divergence", "softmax", SHARES),
    ("poisson", "sigmoid", abs(NUMBERS)),
    ("hinge", "tanh", np.sign(NUMBERS)),
    ("squared_hinge", "linear", one_hot(5)),
    ("categorical_hinge", "linear", one_hot(5)),
    ("binary_focal_crossentropy", "sigmoid", np.abs(np.sin(NUMBERS))),
    (FOCAL, "sigmoid", one_hot(5)),
    ("binary_focal_crossentropy", {"softmax": -1}, one_hot(5)),
    ("categorical_focal_crossentropy", "softmax", SHARES),
    ({"categorical_focal_crossentropy": {"gamma": 0, "alpha": 1}}, "softmax", one_hot(5)),
    ("categorical_focal_crossentropy", "sigmoid", one_hot(5)),
    *((name, "linear", one_hot(5)) for name in LOGITS),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("loss", "activation", "targets"), LOSSES)
def test_loss(loss: Any, activation: Any, targets: np.ndarray, engine: str) -> None:
    graph = graph_of([{"dense": {"units": 4, "activation": activation}}], (3,))
    program = program_of(graph, setup(loss, {"sgd": 0.1}), engine)
    check_gradients(program, away_from_kinks((5, 3)), targets)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("penalty", [
    {"l1": 0.1}, {"l2": 0.2}, {"l1_l2": {"l1": 0.1, "l2": 0.2}}, {"orthogonal": 0.7},
    {"orthogonal": {"factor": 0.7, "mode": "columns"}},
])  # fmt: skip
def test_regularizer(penalty: Any, engine: str) -> None:
    options = {"units": 2, "kernel_regularizer": penalty, "bias_regularizer": {"l2": 0.3}}
    graph = graph_of([{"dense": options}], (3,))
    program = program_of(graph, setup(optimizer={"sgd": 0.1}), engine)
    check_gradients(program, away_from_kinks((4, 3)), np.ones((4, 2)))
