"""Layers, losses, optimizers and networks with which the Keras backend is tested."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

BACKEND = os.environ.get("TESTED_BACKEND", "keras")
REFERENCE = "numpy:reference"

_random = np.random.default_rng(2)


def one_hot(rows: int) -> np.ndarray:
    return np.eye(4)[np.arange(rows) % 4]


ACTIVATIONS: list[Any] = [
    "relu",
    {"leaky_relu": 0.3},
    {"prelu": {"alpha_initializer": {"constant": 0.25}}},
    "sigmoid",
    "tanh",
    "softmax",
]
POOLINGS: list[Any] = [
    {"pool_size": 2},
    {"pool_size": 3, "strides": 1},
    {"pool_size": 3, "strides": 2, "padding": "same"},
]
LOSSES: list[tuple[Any, Any, np.ndarray]] = [
    ("mean_squared_error", "linear", _random.normal(size=(5, 4))),
    ("half_squared_error", "tanh", _random.normal(size=(5, 4))),
    ("binary_crossentropy", "sigmoid", _random.uniform(size=(5, 4))),
    ({"binary_crossentropy": {"label_smoothing": 0.2}}, "sigmoid", one_hot(5)),
    ({"binary_crossentropy": {"label_smoothing": 0.2}}, {"softmax": -1}, one_hot(5)),
    ("categorical_crossentropy", "softmax", one_hot(5)),
    ("categorical_crossentropy", "softmax", _random.uniform(size=(5, 4))),
    ({"categorical_crossentropy": {"label_smoothing": 0.1}}, "softmax", one_hot(5)),
    ({"categorical_crossentropy": {"label_smoothing": 0.1}}, "sigmoid", one_hot(5)),
    ("sparse_categorical_crossentropy", "softmax", np.arange(5) % 4),
    ("sparse_categorical_crossentropy", "sigmoid", np.arange(5)[:, None] % 4),
]
_cosine = {"cosine_decay": {"initial_learning_rate": 0.01, "decay_steps": 40, "alpha": 0.1}}
_exponential = {
    "exponential_decay": {
        "initial_learning_rate": 0.05, "decay_steps": 7, "decay_rate": 0.8, "staircase": True,
    }
}  # fmt: skip
OPTIMIZERS: dict[str, Any] = {
    "sgd": {"sgd": 0.05},
    "sgd, momentum, exponential": {"sgd": {"learning_rate": _exponential, "momentum": 0.9}},
    "sgd, nesterov, values": {"sgd": {"momentum": 0.9, "nesterov": True, "clipvalue": 0.01}},
    "rmsprop": "rmsprop",
    "rmsprop, both": {"rmsprop": {"centered": True, "momentum": 0.7, "weight_decay": 0.01}},
    "adam": {"adam": 0.01},
    "adam, norm": {"adam": {"learning_rate": 0.01, "clipnorm": 0.1}},
    "adadelta": {"adadelta": 1.0},
    "adagrad": {"adagrad": 0.1},
    "adamax": {"adamax": 0.01},
    "ftrl": {"ftrl": {"learning_rate": 0.1, "l1_regularization_strength": 0.001}},
    "lamb": {"lamb": 0.01},
    "lion": {"lion": 0.001},
    "nadam": {"nadam": 0.01},
    "adamw, norm of all, cosine": {"adamw": {"learning_rate": _cosine, "global_clipnorm": 0.2}},
}
SLOW_TO_COMPILE = ("sgd, nesterov, values", "rmsprop, both", "adamw, norm of all, cosine")
CONVOLUTIONAL: list[Any] = [
    {"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same", "use_bias": False,
                "kernel_regularizer": {"l2": 0.01}}},
    {"batch_normalization": {"momentum": 0.9}},
    "relu",
    {"max_pooling2d": {"pool_size": 2, "padding": "same"}},
    {"spatial_dropout2d": 0.3},
    {"conv2d": {"filters": 4, "kernel_size": 2, "strides": 2, "activation": {"leaky_relu": 0.1}}},
    "flatten",
    {"gaussian_noise": 0.1},
    {"dropout": 0.3},
    {"dense": {"units": 4, "activation": "softmax", "bias_regularizer": {"l1": 0.001}}},
]  # fmt: skip
