"""The NumPy backend, with a fast multi-threaded engine and a reference engine."""

from __future__ import annotations

import platform

import numpy as np

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.engine import FastEngine
from nnspec.backends.numpy.program import EngineFactory, NumpyProgram
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, did_you_mean
from nnspec.graph.ir import Graph

_ENGINES: dict[str, EngineFactory] = {"fast": FastEngine, "reference": ReferenceEngine}


class NumpyBackend(Backend):
    """Backend that needs NumPy alone.

    The engine `fast` splits a batch into blocks that threads compute; `reference` evaluates the
    formulas as they are written. Both give the same results up to rounding.
    """

    name = "numpy"
    rules = registry.RULES

    def __init__(self, engine: str = "fast") -> None:
        if engine not in _ENGINES:
            hint = did_you_mean(engine, list(_ENGINES))
            raise BackendError(f"the numpy backend has no engine {engine!r}", hint)
        self.engine = _ENGINES[engine]

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """Build a program on the CPU."""
        if compute.device != "cpu":
            raise BackendError(f"the numpy backend has no device {compute.device!r}", "use cpu")
        if compute.is_mixed:
            message = "the numpy backend does not compute in bfloat16"
            raise BackendError(message, "use precision float32, or the backend torch or keras")
        return NumpyProgram(graph, setup, compute, self.engine)

    def versions(self) -> dict[str, str]:
        """Versions of NumPy and Python."""
        return {"numpy": np.__version__, "python": platform.python_version()}
