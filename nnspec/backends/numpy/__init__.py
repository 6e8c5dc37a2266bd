"""The NumPy backend: the reference, and what a new user runs first."""

from __future__ import annotations

import platform

import numpy as np

from nnspec.backends.base import Backend, Program, Recipe, Settings
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.errors import BackendError
from nnspec.graph import Graph


class NumpyBackend(Backend):
    """Builds programs that need NumPy alone."""

    name = "numpy"

    def __init__(self, engine: str = "") -> None:
        if engine:
            raise BackendError(f"the numpy backend has no engine {engine!r}")

    def build(self, graph: Graph, recipe: Recipe | None, settings: Settings) -> Program:
        """A program on the CPU."""
        if settings.device != "cpu":
            raise BackendError(f"the numpy backend has no device {settings.device!r}", "use cpu")
        return NumpyProgram(graph, recipe, settings)

    def versions(self) -> dict[str, str]:
        """NumPy and Python."""
        return {"numpy": np.__version__, "python": platform.python_version()}
