"""Options of training give the same weights on each backend, over whole trainings of 50 updates."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.spec.loader import build
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession

pytestmark = pytest.mark.framework

BACKENDS = {"numpy": "numpy", "torch": "torch", "keras:tensorflow": "tensorflow"}
ROWS, BATCH = 72, 8
SGD = {"learning_rate": 0.1, "momentum": 0.8}
PLATEAU = {"initial_learning_rate": 0.2, "factor": 0.5, "patience": 1, "min_delta": 0.02}
WARMUP = {
    "warmup_steps": 10,
    "schedule": {"cosine_decay": {"initial_learning_rate": 0.3, "decay_steps": 60}},
}
MAX_NORM = {"max_norm": {"max_value": 0.8}}
UNIT_NORM = {"unit_norm": {"axis": [0]}}
STOPPING = {"patience": 3, "start_from_epoch": 6, "restore_best": True}

# Options of the optimizer, of the layers, of `train`; some stand together to be trained once.
CASES = {
    "a plateau after a warm-up, clipped values": (
        {"sgd": {**SGD, "clipvalue": 0.05, "learning_rate": {
            "warmup": {"warmup_steps": 9, "schedule": {"reduce_on_plateau": PLATEAU}}}}}, {}, {},
    ),
    "a rate of each step, the norm of each gradient, constraints": (
        {"adam": {"learning_rate": {"warmup": WARMUP}, "clipnorm": 0.2}},
        {"kernel_constraint": MAX_NORM, "bias_constraint": "non_neg"}, {},
    ),
    "averages that become the weights, the norm of all gradients": (
        {"sgd": {**SGD, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 5,
                 "global_clipnorm": 0.3}}, {}, {},
    ),
    "averages at the end, a frozen layer": (
        {"adam": {"learning_rate": 0.05, "use_ema": True}}, {"trainable": False}, {},
    ),
    "sums of gradients, unit norms": (
        {"adam": {"learning_rate": 0.05, "gradient_accumulation_steps": 3, "clipvalue": 0.02}},
        {"kernel_constraint": UNIT_NORM}, {},
    ),
    "early stopping at the best weights": (
        {"rmsprop": 0.02}, {}, {"epochs": 60, "early_stopping": STOPPING},
    ),
    "weights of classes and rows": (
        {"sgd": SGD}, {}, {"class_weight": "balanced", "sample_weight": "own", "oversample": True},
    ),
}  # fmt: skip


@cache
def source() -> dict[str, Any]:
    """Rows of three classes, which overlap and are unequally frequent, each with a weight."""
    rng = np.random.default_rng(1)
    labels = rng.choice(3, ROWS, p=[0.6, 0.3, 0.1])
    inputs = rng.normal(size=(ROWS, 4)) + np.eye(3, 4)[labels]
    own = rng.uniform(0.2, 2.0, ROWS)
    return {
        "inputs": inputs.tolist(), "targets": labels.tolist(), "metadata": {"own": own.tolist()},
    }  # fmt: skip


def spec(optimizer, hidden, train):
    return build(
        {
            "data": {"source": {"rows": source()}},
            "network": {
                "layers": [
                    {"dense": {"units": 6, "activation": "tanh", **hidden}},
                    {"dense": {"units": 3, "activation": "softmax"}},
                ]
            },
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "optimizer": optimizer,
            "train": {"epochs": 8, "batch_size": BATCH, "validation_split": 1 / 9, **train},
        }
    )


def trained(of, backend):
    """The weights at the end of a whole training, as one array, and what each epoch measured."""
    session = TrainingSession.prepare(of, ComputeConfig(backend, "float64"))
    epochs = train_epochs(
        session.program, session.training, session.options, lambda _: None, never_stop,
        session.splits.validation, balance=session.balance,
    )  # fmt: skip
    measured = [epoch.measured for epoch in epochs]
    weights = session.program.weights().values()
    return np.concatenate([array.ravel() for array in weights]), measured


@cache
def reference(case):
    return trained(spec(*CASES[case]), "numpy:reference")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_weights_are_the_same(case, backend):
    pytest.importorskip(BACKENDS[backend])
    expected, epochs = reference(case)
    weights, measured = trained(spec(*CASES[case]), backend)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    assert len(measured) == len(epochs)
    for found, known in zip(measured, epochs, strict=True):
        assert found == pytest.approx(known, rel=1e-10)


OPTIONS = [
    (case, part, option)
    for case, parts in CASES.items()
    for part, options in enumerate([next(iter(parts[0].values())), *parts[1:]])
    if isinstance(options, dict)
    for option in options
    if option not in ("momentum", "epochs")
]


@pytest.mark.parametrize(("case", "part", "option"), OPTIONS)
def test_each_option_changes_the_weights(case, part, option):
    """Else backends that ignore it would agree."""
    expected, epochs = reference(case)
    assert len(epochs) * ROWS * 8 / 9 / BATCH >= 50
    optimizer, *others = CASES[case]
    (kind, own), *_ = optimizer.items()
    options = [own if isinstance(own, dict) else {"learning_rate": own}, *others]
    options[part] = {name: value for name, value in options[part].items() if name != option}
    if option == "use_ema":
        options[part] = {n: v for n, v in options[part].items() if not n.startswith("ema_")}
    weights, _ = trained(spec({kind: options[0]}, *options[1:]), "numpy:reference")
    assert np.abs(weights - expected).max() > 1e-4


def test_the_metrics_that_decide_are_met():
    """The rate is lowered, and the training ends early, at other weights than the best."""
    optimizer = CASES["a plateau after a warm-up, clipped values"][0]["sgd"]
    _, epochs = reference("a plateau after a warm-up, clipped values")
    built = spec({"sgd": optimizer}, {}, {}).optimizer
    rates = [built.learning_rate.bind({"val_loss": False}).rate_after(epochs[:n])(70)
             for n in range(1, 9)]  # fmt: skip
    assert len(set(rates)) > 2
    _, epochs = reference("early stopping at the best weights")
    losses = [epoch["val_loss"] for epoch in epochs]
    assert len(epochs) < 60
    assert min(losses[6:]) == losses[-4]
