"""Keras' own optimizers and schedules on its NumPy backend, in float64; prints arrays as JSON.

    KERAS_BACKEND=numpy python -m tests.backends.keras.keras_on_numpy

Keras' NumPy backend needs no other framework, and computes in float64 what it is told to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

UPDATES = 50
CLASSES = {
    "adadelta": "Adadelta", "adagrad": "Adagrad", "adam": "Adam", "adamax": "Adamax",
    "adamw": "AdamW", "ftrl": "Ftrl", "lamb": "Lamb", "lion": "Lion", "nadam": "Nadam",
    "rmsprop": "RMSprop", "sgd": "SGD",
}  # fmt: skip
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    *((kind, {"learning_rate": 0.01, "weight_decay": 0.1}) for kind in CLASSES),
    *((kind, {}) for kind in CLASSES),
    ("sgd", {"momentum": 0.9, "clipvalue": 0.1}),
    ("sgd", {"momentum": 0.9, "nesterov": True, "clipnorm": 0.5}),
    ("rmsprop", {"centered": True, "momentum": 0.5, "rho": 0.8, "epsilon": 1e-3}),
    ("adam", {"amsgrad": True, "beta_2": 0.5, "global_clipnorm": 0.5}),
    ("adamw", {"amsgrad": True, "beta_1": 0.5, "beta_2": 0.5}),
    ("nadam", {"beta_1": 0.5, "epsilon": 0.01}),
    ("lamb", {"beta_1": 0.5, "epsilon": 0.01}),
    ("lion", {"beta_1": 0.5, "beta_2": 0.7}),
    ("adagrad", {"initial_accumulator_value": 0.0, "epsilon": 0.01}),
    ("adam", {"learning_rate": 0.1, "use_ema": True}),
    ("sgd", {"momentum": 0.9, "gradient_accumulation_steps": 3, "learning_rate": {
        "exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.7},
    }}),
    ("adamw", {
        "learning_rate": 0.1, "gradient_accumulation_steps": 4, "clipnorm": 0.5, "use_ema": True,
        "ema_momentum": 0.8, "ema_overwrite_frequency": 3,
    }),
    ("sgd", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}),
    ("adadelta", {"learning_rate": 1.0, "rho": 0.7, "epsilon": 1e-3}),
    ("ftrl", {
        "learning_rate": 0.5, "learning_rate_power": -0.3, "initial_accumulator_value": 0.2,
        "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.1,
        "l2_shrinkage_regularization_strength": 0.01, "beta": 0.3,
    }),
]  # fmt: skip

SCHEDULES: list[tuple[str, str, dict[str, Any]]] = [
    ("exponential_decay", "ExponentialDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.7}),
    ("exponential_decay", "ExponentialDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.7, "staircase": True}),
    ("inverse_time_decay", "InverseTimeDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.7}),
    ("inverse_time_decay", "InverseTimeDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.7, "staircase": True}),
    ("polynomial_decay", "PolynomialDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 30, "end_learning_rate": 0.01, "power": 2.0}),
    ("polynomial_decay", "PolynomialDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 11, "power": 0.5, "cycle": True}),
    ("piecewise_constant_decay", "PiecewiseConstantDecay",
     {"boundaries": [3, 20], "values": [0.1, 0.05, 0.01]}),
    ("cosine_decay", "CosineDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 30, "alpha": 0.1}),
    ("cosine_decay", "CosineDecay",
     {"initial_learning_rate": 0.0, "decay_steps": 20, "alpha": 0.1, "warmup_target": 0.3,
      "warmup_steps": 9}),
    ("cosine_decay_restarts", "CosineDecayRestarts",
     {"initial_learning_rate": 0.1, "first_decay_steps": 5, "m_mul": 0.8, "alpha": 0.05}),
    ("cosine_decay_restarts", "CosineDecayRestarts",
     {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.0}),
    ("cosine_decay_restarts", "CosineDecayRestarts",
     {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.3}),
]  # fmt: skip


CONSTRAINTS: list[tuple[str, str, dict[str, Any]]] = [
    ("max_norm", "MaxNorm", {"max_value": 0.7}),
    ("max_norm", "MaxNorm", {"axis": [0, 1]}),
    ("unit_norm", "UnitNorm", {"axis": -1}),
    ("min_max_norm", "MinMaxNorm", {"min_value": 1.1, "max_value": 1.5, "rate": 0.3, "axis": 1}),
    ("min_max_norm", "MinMaxNorm", {}),
    ("non_neg", "NonNeg", {}),
]


def start() -> dict[str, np.ndarray]:
    """Two weights."""
    return {"a": np.linspace(-1, 2, 6).reshape(2, 3), "b": np.linspace(0.3, -0.5, 4)}


def gradients(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The gradients of some function, neither convex nor alike for all weights."""
    return {
        name: np.cos(3 * w + k) * (k + np.arange(w.size).reshape(w.shape)) / 5 + 0.2 * w
        for k, (name, w) in enumerate(weights.items())
    }


def trained(kind: str, options: dict[str, Any]) -> list[list[float]]:
    import keras

    rate = options.get("learning_rate")
    if isinstance(rate, dict):
        schedule = keras.optimizers.schedules.ExponentialDecay(**rate["exponential_decay"])
        options = {**options, "learning_rate": schedule}
    native = getattr(keras.optimizers, CLASSES[kind])(**options)
    variables = {name: keras.Variable(w, dtype="float64") for name, w in start().items()}
    for _ in range(UPDATES):
        found = gradients({name: np.array(v.value) for name, v in variables.items()})
        native.apply(list(found.values()), list(variables.values()))
    native.finalize_variable_values(list(variables.values()))
    return [np.array(v.value).reshape(-1).tolist() for v in variables.values()]


def rates(name: str, options: dict[str, Any]) -> list[float]:
    import keras

    schedule = getattr(keras.optimizers.schedules, name)(**options)
    return [float(schedule(np.int64(step))) for step in range(UPDATES)]


def penalties() -> list[float]:
    import keras

    w = keras.Variable(start()["a"], dtype="float64")  # of an array Keras divides the wrong axis
    return [
        float(keras.regularizers.OrthogonalRegularizer(0.7, mode)(w))
        for mode in ("rows", "columns")
    ]


def constrained(name: str, options: dict[str, Any]) -> list[list[float]]:
    import keras

    return np.array(getattr(keras.constraints, name)(**options)(start()["a"])).tolist()


def frozen() -> tuple[list[float], int]:
    """The output of a frozen batch normalization in training, and how many penalties are left."""
    import keras

    options = {"trainable": False, "moving_variance_initializer": "ones", "dtype": "float64"}
    statistics = keras.layers.BatchNormalization(epsilon=0.5, **options)
    y = statistics(start()["a"], training=True)
    assert not np.array(statistics.moving_mean.value).any()
    dense = keras.layers.Dense(2, kernel_regularizer="l2", trainable=False)
    dense(y)
    return np.array(y).reshape(-1).tolist(), len(dense.losses)


def results() -> Iterator[tuple[str, Any]]:
    yield "optimizers", [trained(*each) for each in OPTIMIZERS]
    yield "schedules", [rates(*each) for _, *each in SCHEDULES]
    yield "penalties", penalties()
    yield "frozen", frozen()
    yield "constraints", [constrained(*each) for _, *each in CONSTRAINTS]


if __name__ == "__main__":
    import keras
    from keras.src.backend.common import dtypes

    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # it is float32 in Keras
    print(json.dumps(dict(results())))
