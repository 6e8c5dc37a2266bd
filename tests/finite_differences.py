"""Gradients of a program's loss by central differences, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Values, row_count
from nnspec.backends.contract import Program

Weights = dict[str, np.ndarray]


def check_gradients(program: Program, x: Values, y: Values) -> None:
    """Compare the derivative by each number of each weight."""
    device_rows, rows = program.upload(x, y), row_count(y)
    for name, gradient in program.gradients(device_rows, np.arange(rows)).items():
        expected = _numerical_gradient(program, device_rows, rows, name)
        scale = max(np.abs(expected).max(), 1e-2)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-6 * scale, err_msg=name)


def check_directions(program: Program, x: Values, y: Values, seed: int = 0) -> None:
    """Compare the derivative along a random direction of each weight, for larger networks."""
    device_rows, rows = program.upload(x, y), row_count(y)
    rng = np.random.default_rng(seed)
    for name, gradient in program.gradients(device_rows, np.arange(rows)).items():
        direction = rng.normal(size=gradient.shape)
        expected = _derivative(program, device_rows, rows, {name: direction})
        scale = max(abs(expected), float(np.abs(gradient * direction).sum()), 1e-2)
        assert abs(float((gradient * direction).sum()) - expected) <= 1e-6 * scale, name


def loss_at(program: Program, device_rows: Any, rows: int) -> float:
    """The loss in training mode: that of an update, which is then undone."""
    weights, state = program.weights(), program.state()
    metrics = program.train(device_rows, [np.arange(rows)])
    program.set_weights(weights)
    program.set_state(state)
    return metrics.results["loss"]


def _numerical_gradient(program: Program, device_rows: Any, rows: int, name: str) -> np.ndarray:
    """The derivative by each number of a weight."""
    gradient = np.zeros_like(program.weights()[name])
    for index in np.ndindex(gradient.shape):
        direction = np.zeros_like(gradient)
        direction[index] = 1
        gradient[index] = _derivative(program, device_rows, rows, {name: direction})
    return gradient


def _derivative(
    program: Program, device_rows: Any, rows: int, direction: Weights, h: float = 1e-5
) -> float:
    """Central difference (L(w + h d) - L(w - h d)) / 2h along a direction d of some weights."""
    weights, losses = program.weights(), []
    for sign in (1, -1):
        program.set_weights(
            {n: w + sign * h * direction[n] if n in direction else w for n, w in weights.items()}
        )
        losses.append(loss_at(program, device_rows, rows))
    program.set_weights(weights)
    return (losses[0] - losses[1]) / (2 * h)
