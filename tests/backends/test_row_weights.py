"""Weights of rows as PyTorch's and Keras' own losses take them."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.training.session import TrainingSession
from tests.small_runs import rows, spec

pytestmark = pytest.mark.framework

X = np.random.default_rng(3).normal(size=(8, 3))
Y = np.array([0, 0, 0, 0, 1, 1, 2, 0])
CLASSES = np.array([0.5, 2.0, 3.0])
OWN = np.array([1, 0, 2, 0.5, 3, 1, 1, 0.25])
BACKENDS = {"numpy": "numpy", "torch": "torch", "keras:tensorflow": "tensorflow"}


def session(backend, precision="float64", **train):
    source = {"inputs": X.tolist(), "targets": Y.tolist(), "metadata": {"own": OWN.tolist()}}
    layers = [{"dense": {"units": 3, "activation": "softmax"}}]
    values = rows(
        source, network={"layers": layers}, loss="sparse_categorical_crossentropy", train=train
    )
    return TrainingSession.prepare(spec(values), ComputeConfig(backend, precision))


def loss_and_gradients(of):
    """The loss of all rows and its gradients, with the weights of the session."""
    train, rows = of.splits.train, np.arange(len(Y))
    device_rows = of.program.upload(train.inputs, train.targets, of.balance.weights)
    loss = of.program.evaluate(device_rows, [rows]).results["loss"]
    return loss, of.program.gradients(device_rows, rows)


@pytest.mark.parametrize("backend", BACKENDS)
def test_class_weights_are_those_of_pytorchs_crossentropy(backend):
    pytest.importorskip(BACKENDS[backend])
    torch = pytest.importorskip("torch")
    given = dict(zip("012", CLASSES.tolist(), strict=True))
    of = session(backend, class_weight=given)
    loss, gradients = loss_and_gradients(of)
    kernel = torch.tensor(of.program.weights()["dense/kernel"], requires_grad=True)
    weight = torch.tensor(CLASSES)
    own = torch.nn.CrossEntropyLoss(weight, reduction="sum")(
        torch.tensor(X) @ kernel, torch.tensor(Y)
    ) / len(Y)
    own.backward()
    assert loss == pytest.approx(own.item(), rel=1e-14)
    np.testing.assert_allclose(gradients["dense/kernel"], kernel.grad.numpy(), atol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sample_weights_are_those_of_keras(backend):
    pytest.importorskip(BACKENDS[backend])
    keras = pytest.importorskip("tensorflow").keras
    of = session(backend, sample_weight="own", class_weight="balanced")
    loss, _ = loss_and_gradients(of)
    weights = OWN * np.array([8 / 15, 8 / 6, 8 / 3])[Y]
    assert of.balance.weights["dense"] == pytest.approx(weights)
    p = of.program.predict(X)
    own = keras.losses.SparseCategoricalCrossentropy()(Y, p, sample_weight=weights)
    assert loss == pytest.approx(float(own), rel=1e-6)
    assert loss == pytest.approx((weights * -np.log(p[np.arange(8), Y])).mean(), rel=1e-13)


def test_backends_train_to_the_same_bits():
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    options = {"class_weight": "balanced", "sample_weight": "own", "oversample": True}
    trained = {}
    for backend in ("numpy:reference", *BACKENDS):
        of = session(backend, "exact", **options)
        train = of.splits.train
        device_rows = of.program.upload(train.inputs, train.targets, of.balance.weights)
        of.program.train(device_rows, [np.arange(5), np.arange(8), np.array([7, 7, 2])] * 5)
        trained[backend] = of.program.weights()["dense/kernel"]
    first, *others = trained.values()
    assert all((other == first).all() for other in others)
