"""Optimizers, schedules, a penalty, constraints against Keras' own, run once in a process."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.constraints import constrain
from nnspec.backends.numpy.optimizers.update import Updater
from nnspec.backends.numpy.parameters import Parameters
from nnspec.options.validation import read_component
from tests.backends.keras import keras_on_numpy
from tests.backends.keras.keras_on_numpy import (
    CONSTRAINTS,
    OPTIMIZERS,
    SCHEDULES,
    UPDATES,
    gradients,
    start,
)
from tests.backends.keras.test_program import run
from tests.networks import graph_of, program_of, setup

pytestmark = [
    pytest.mark.framework,
    pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed"),
]


@cache
def keras_results() -> dict[str, Any]:
    done = run("-m", keras_on_numpy.__name__, KERAS_BACKEND="numpy")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "number", range(len(OPTIMIZERS)), ids=lambda n: " ".join(map(str, OPTIMIZERS[n]))
)
def test_fifty_updates_of_keras_own_optimizer(number: int) -> None:
    kind, options = OPTIMIZERS[number]
    expected = keras_results()["optimizers"][number]
    for w, of_keras in zip(trained(kind, options).values(), expected, strict=True):
        np.testing.assert_allclose(w.reshape(-1), of_keras, rtol=1e-9, atol=1e-12)


def trained(kind: str, options: dict[str, Any]) -> dict[str, np.ndarray]:
    optimizer: Any = read_component("optimizer", {kind: options})
    shapes = {name: w.shape for name, w in start().items()}
    weights, found = (Parameters(shapes, np.dtype(float)) for _ in range(2))
    weights.fill(start())
    starts = optimizer.state_slots.items()
    slots = {name: np.full(len(weights.flat), value) for name, value in starts}
    updater = Updater(optimizer, weights, found, slots)
    for step in range(UPDATES):
        found.fill(gradients(weights.views))
        updater.update(step, optimizer.rate(step))
    weights.flat[:] = slots.get("average", weights.flat)  # as at the end of Keras' `fit`
    return weights.views


@pytest.mark.parametrize("number", range(len(SCHEDULES)), ids=lambda n: SCHEDULES[n][0])
def test_fifty_rates_of_keras_own_schedule(number: int) -> None:
    kind, _, options = SCHEDULES[number]
    schedule: Any = read_component("schedule", {kind: options})
    found = [schedule.rate(step) for step in range(UPDATES)]
    np.testing.assert_allclose(found, keras_results()["schedules"][number], rtol=1e-9, atol=1e-15)


def test_the_penalty_of_keras_own_orthogonal_regularizer() -> None:
    found = [_penalty(mode) for mode in ("rows", "columns")]
    np.testing.assert_allclose(found, keras_results()["penalties"], rtol=1e-9)


def _penalty(mode: str) -> float:
    regularizer = {"orthogonal": {"factor": 0.7, "mode": mode}}
    graph = graph_of([{"dense": {"units": 3, "kernel_regularizer": regularizer}}], (2,))
    program = program_of(graph, setup("mean_squared_error", "sgd"))
    program.set_weights({"dense/kernel": start()["a"], "dense/bias": np.zeros(3)})
    rows = program.upload(np.zeros((1, 2)), np.zeros((1, 3)))
    return program.evaluate(rows, [np.arange(1)]).results["loss"]


@pytest.mark.parametrize("number", range(len(CONSTRAINTS)), ids=lambda n: CONSTRAINTS[n][0])
def test_keras_own_constraint(number: int) -> None:
    kind, _, options = CONSTRAINTS[number]
    constraint: Any = read_component("constraint", {kind: options})
    w = start()["a"]
    constrain(constraint, w)
    np.testing.assert_allclose(w, keras_results()["constraints"][number], rtol=1e-14)


def test_keras_own_frozen_layers() -> None:
    """A frozen normalization uses its running statistics in training; a penalty does not count."""
    penalty = {"kernel_regularizer": "l2", "kernel_initializer": "zeros"}
    layers = [
        {"batch_normalization": {"epsilon": 0.5, "trainable": False}},
        {"dense": {"units": 3, "trainable": False, "bias_initializer": "ones", **penalty}},
    ]
    graph = graph_of(layers[:1], (3,))
    program = program_of(graph, setup("mean_squared_error"))
    x, before = start()["a"], program.weights()
    program.train(program.upload(x, x), [np.arange(2)])
    y, losses = keras_results()["frozen"]
    np.testing.assert_allclose(program.predict(x).reshape(-1), y, rtol=1e-15)
    np.testing.assert_equal(program.weights(), before)
    assert losses == 0
    program = program_of(graph_of(layers, (3,)), setup("mean_squared_error"))
    program.set_weights(program.weights() | {"dense/kernel": np.eye(3) - np.eye(3) + 5})
    rows = program.upload(0 * x, np.full((2, 3), 1.0))
    assert program.train(rows, [np.arange(2)]).results["loss"] == 0
