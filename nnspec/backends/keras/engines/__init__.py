"""Engines of Keras: training loops on TensorFlow, JAX and PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from nnspec.backends.keras.engines.base import Engine


def engine_of(name: str) -> type[Engine]:
    """Return the class for an engine, with which Keras has been imported."""
    module = import_module(f"nnspec.backends.keras.engines.{name}")
    return cast("type[Engine]", module.ENGINE)
