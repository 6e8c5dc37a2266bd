"""Weights and optimizer state are exchanged between backends in the middle of training."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.parity.worker import ProgramProcess
from nnspec.spec.loader import build
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession

pytestmark = pytest.mark.framework

TOLERANCE = 1e-10  # relative to the largest weight


def spec_of(optimizer, epochs):
    # No bias before batch normalization: its gradient is rounding noise, which Adam amplifies.
    options = {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False}
    return build(
        {
            "data": {
                "source": {"mnist": {"train_rows": 300, "test_rows": 10}},
                "inputs": [{"reshape": [28, 28, 1]}, {"divide": 255}],
                "targets": [{"one_hot": 10}],
            },
            "network": {
                "layers": [
                    {"conv2d": options},
                    "batch_normalization",
                    {"activation": "tanh"},
                    "flatten",
                    {"dropout": 0.5},
                    {"dense": {"units": 10, "activation": "softmax"}},
                ]
            },
            "loss": "categorical_crossentropy",
            "optimizer": optimizer,
            "train": {"epochs": epochs, "batch_size": 64},
        }
    )


def train(backend, optimizer, *, done, until, start=None):
    """Train epochs `done` + 1 to `until`, from another program's weights and state.

    More are wanted, so that moving averages do not become the weights yet.
    """
    spec = spec_of(optimizer, until + 1)
    session = TrainingSession.prepare(spec, ComputeConfig(backend, "float64"))
    if start:
        weights, state = start
        session.program.set_weights(weights)
        session.program.set_state(state)
    rows, options = session.splits.train, session.spec.train
    before = TrainingHistory([Epoch(number + 1, {}, 0.0) for number in range(done)])
    steps = train_epochs(session.program, rows, options, print, never_stop, history=before)
    epochs = [epoch.epoch for epoch in islice(steps, until - done)]
    assert epochs == list(range(done + 1, until + 1))
    return session.program.weights(), session.program.state()


OPTIMIZERS = [
    "adam", "nadam", {"sgd": {"momentum": 0.9}},
    {"rmsprop": {"centered": True, "gradient_accumulation_steps": 3}},
    {"ftrl": {"learning_rate": 0.1, "beta": 1.0}},
    {"adam": {"amsgrad": True, "use_ema": True, "ema_overwrite_frequency": 7}},
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_numpy_then_torch_then_keras(optimizer):
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    expected, last = train("numpy", optimizer, done=0, until=5)
    checkpoint = train("numpy", optimizer, done=0, until=2)
    checkpoint = train("torch", optimizer, done=2, until=4, start=checkpoint)
    weights, state = train("keras", optimizer, done=4, until=5, start=checkpoint)
    largest = max(np.abs(array).max() for array in expected.values())
    assert state.step == last.step == 25
    for name, array in expected.items():
        assert np.abs(weights[name] - array).max() <= TOLERANCE * largest, name


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_resuming_is_exact(optimizer):
    expected, _ = train("numpy", optimizer, done=0, until=3)
    checkpoint = train("numpy", optimizer, done=0, until=1)
    weights, _ = train("numpy", optimizer, done=1, until=3, start=checkpoint)
    for name, array in expected.items():
        np.testing.assert_array_equal(weights[name], array)


def test_a_program_in_another_process():
    spec = spec_of("adam", 1)
    worker = ProgramProcess("numpy")
    for _ in range(2):  # one training after another
        worker.prepare(spec, "float64")
        worker.answer()
        worker.ask("batches", None)
        assert sum(map(len, worker.answer())) == 300
    worker.close()
