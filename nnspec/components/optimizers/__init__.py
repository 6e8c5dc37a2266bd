"""Optimizers and solvers."""

from __future__ import annotations

MODULES = {
    "adadelta": "adagrad",
    "adagrad": "adagrad",
    "adam": "adam",
    "adamax": "adamax",
    "adamw": "adam",
    "ftrl": "ftrl",
    "lamb": "lamb",
    "least_squares": "least_squares",
    "lion": "lion",
    "nadam": "nadam",
    "rmsprop": "rmsprop",
    "sgd": "sgd",
}
