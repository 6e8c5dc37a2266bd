"""Optimizers on one array: the published trajectories of Keras' own tests, and the fast engine."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.numpy.optimizers.update import Updater
from nnspec.backends.numpy.parameters import Parameters
from nnspec.components.optimizers.base import Optimizer
from nnspec.options import registry
from nnspec.options.validation import read_component
from tests.networks import graph_of, program_of, setup

KINDS = [c.kind for c in registry.classes("optimizer") if issubclass(c, Optimizer)]


def updater_of(kind, options, start):
    """An updater of one array of weights."""
    optimizer = read_component("optimizer", {kind: options})
    weights, gradients, *slots = (
        Parameters({"w": start.shape}, np.dtype(float)) for _ in (0, 0, *optimizer.state_slots)
    )
    weights.flat[:] = start.reshape(-1)
    named = dict(zip(optimizer.state_slots, (slot.flat for slot in slots), strict=True))
    for name, value in optimizer.state_slots.items():
        named[name][:] = value
    return Updater(optimizer, weights, gradients, named), weights.views["w"], gradients.views["w"]


def trajectory(kind, options, start, gradients):
    """The weights after each update by given gradients."""
    updater, w, g = updater_of(kind, options, start)
    for step, gradient in enumerate(gradients):
        g[...] = gradient
        updater.update(step, updater.optimizer.rate(step))
        yield w.copy()


# Three of the ten columns of the arrays in Keras' tests of its optimizers, whose weights start at
# 1 and whose gradients are 0.01, then 0.1, 0.2, ..., 1.
GOLDEN = [
    ("sgd", {}, [[0.9999] * 3, [0.9989, 0.9949, 0.9899],
     [0.9979, 0.9899, 0.9799], [0.9969, 0.9849, 0.9699], [0.9959, 0.9799, 0.9599]]),
    ("rmsprop", {"centered": True}, [[0.9967] * 3, [0.9933] * 3, [0.9908] * 3, [0.9885] * 3,
     [0.9864] * 3]),
    ("adam", {"amsgrad": True}, [[0.999] * 3, [0.9982] * 3, [0.9974] * 3, [0.9965] * 3,
     [0.9955] * 3]),
    ("adamax", {"learning_rate": 0.2, "beta_1": 0.85, "beta_2": 0.95, "epsilon": 1e-6},
     [[0.8] * 3, [0.6827, 0.6901, 0.691], [0.5333, 0.5451, 0.5466], [0.368, 0.3829, 0.3848],
      [0.1933, 0.2105, 0.2126]]),
    ("nadam", {"learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.67, "epsilon": 1e-5},
     [[0.4281] * 3, [-0.1738, -0.1721, -0.1717], [-0.7115, -0.709, -0.7084],
      [-1.2335, -1.2306, -1.2299], [-1.7492, -1.7461, -1.7454]]),
    ("adagrad", {"learning_rate": 0.2, "initial_accumulator_value": 0.3, "epsilon": 1e-6},
     [[0.9963] * 3, [0.9604, 0.8615, 0.8209], [0.9251, 0.7497, 0.6891],
      [0.8903, 0.6521, 0.579], [0.856, 0.5644, 0.4825]]),
    ("adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-6},
     [[0.9978] * 3, [0.9947] * 3, [0.9915] * 3, [0.9882] * 3, [0.9849] * 3]),
    ("lion", {}, [[0.999] * 3, [0.998] * 3, [0.997] * 3, [0.996] * 3, [0.995] * 3]),
    ("lamb", {}, [[0.999] * 3, [0.9982] * 3, [0.9974] * 3, [0.9965] * 3, [0.9955] * 3]),
    ("ftrl", {"learning_rate": 0.05, "learning_rate_power": -0.2, "initial_accumulator_value": 0.4,
              "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.15,
              "l2_shrinkage_regularization_strength": 0.01, "beta": 0.3},
     [[0.0] * 3, [-0.0034, -0.0194, -0.0354], [-0.0078, -0.0387, -0.0685],
      [-0.0121, -0.0573, -0.0999], [-0.0164, -0.0753, -0.1299]]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "golden"), GOLDEN, ids=[kind for kind, *_ in GOLDEN])
def test_the_arrays_of_keras_own_tests(kind, options, golden):
    gradients = [np.full(10, 0.01), *[np.arange(1, 11) / 10] * 4]
    found = [w[[0, 4, 9]] for w in trajectory(kind, options, np.ones(10), gradients)]
    np.testing.assert_allclose(found, golden, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_descent_on_a_parabola(kind):
    """(w - 3)^2 / 2 becomes smaller, from both sides."""
    w, rate = np.array([1.0, 5.0]), {"adadelta": 50.0, "ftrl": 1.0, "adagrad": 1.0}.get(kind, 0.02)
    updater, w, g = updater_of(kind, {"learning_rate": rate}, w)
    for step in range(200):
        g[...] = w - 3
        updater.update(step, rate)
    assert np.abs(w - 3).max() < 0.6


@pytest.mark.parametrize("kind", ["lamb", "ftrl", "nadam"])
@pytest.mark.parametrize("backend", ["numpy:fast", "torch"])
def test_long_arrays_are_updated_alike(kind, backend):
    """Weights of several pieces of the fast engine, some of which share one."""
    pytest.importorskip("torch" if backend == "torch" else "numpy")
    graph = graph_of([{"dense": {"units": 300, "activation": "tanh"}}, {"dense": 3}], (150,))
    training = setup("mean_squared_error", {kind: 0.01})
    x, y = np.random.default_rng(0).normal(size=(2, 6, 150))
    expected, found = (
        trained(program_of(graph, training, name), x, y) for name in ("numpy:reference", backend)
    )
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_exact_weights_are_those_of_torch_to_the_last_bit(kind):
    pytest.importorskip("torch")
    graph = graph_of([{"dense": {"units": 8, "activation": "tanh"}}, {"dense": 3}], (5,))
    training, draw = setup("mean_squared_error", kind), np.random.default_rng(0)
    x, y = draw.normal(size=(32, 5)), draw.normal(size=(32, 3))
    expected, found = (program_of(graph, training, b, "exact") for b in ("numpy", "torch"))
    for program in (expected, found):
        rows = program.upload(x, y)
        program.train(rows, [np.arange(start, start + 8) for start in (0, 8, 16, 24)] * 5)
    for name, array in expected.weights().items():
        assert found.weights()[name].tobytes() == array.tobytes()


def trained(program, x, y):
    rows = program.upload(x, y[:, :3])
    program.train(rows, [np.arange(6)] * 3)
    return program.weights()


def test_an_update_of_ftrl_at_rate_0_changes_nothing():
    updater, w, g = updater_of("ftrl", {}, np.array([1.0, -2.0]))
    g[...] = 1
    updater.update(0, 0.0)
    assert w.tolist() == [1, -2]


def test_an_update_follows_several_batches_by_the_mean_of_their_gradients():
    decay = {"piecewise_constant_decay": {"boundaries": [2], "values": [1.0, 10.0]}}
    options = {"learning_rate": decay, "gradient_accumulation_steps": 2}
    found = [w[0] for w in trajectory("sgd", options, np.zeros(1), [1, 3, 5, -4, 100])]
    assert found == [0, -2, -2, -7, -7]  # the rate is that of the last batch of an update


def test_averages_follow_each_batch_of_an_update():
    """Until the second update they are w; every second update they replace it, batch by batch."""
    ema = {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}
    options = {"learning_rate": 1.0, "gradient_accumulation_steps": 2, **ema}
    found = [w[0] for w in trajectory("sgd", options, np.zeros(1), [4, 4, 0, 8, 0])]
    averages = [0, -4, -4, 0.5 * -4 + 0.5 * (-4 - 4), 0.5 * -6 + 0.5 * -6]
    assert found == averages
