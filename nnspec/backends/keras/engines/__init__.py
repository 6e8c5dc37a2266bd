"""How each engine runs steps: TensorFlow in a loop in its graph, JAX and PyTorch one by one."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from nnspec.backends.keras.engines.base import Engine


def engine_of(name: str) -> type[Engine]:
    """The class for an engine that has been started."""
    module = import_module(f"nnspec.backends.keras.engines.{name}")
    return cast("type[Engine]", module.ENGINE)
