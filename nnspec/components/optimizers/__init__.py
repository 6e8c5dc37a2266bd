"""Optimizers and solvers."""

from __future__ import annotations

MODULES = {
    "adam": "adam",
    "adamw": "adam",
    "least_squares": "least_squares",
    "rmsprop": "rmsprop",
    "sgd": "sgd",
}
