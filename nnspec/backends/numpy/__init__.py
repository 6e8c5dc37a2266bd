"""The NumPy backend: the reference, and what a new user runs first."""

from __future__ import annotations

import platform

import numpy as np

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.engine import FastEngine
from nnspec.backends.numpy.program import MakeEngine, NumpyProgram
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, did_you_mean
from nnspec.graph.ir import Graph
from nnspec.options.component import Component

_ENGINES: dict[str, MakeEngine] = {"fast": FastEngine, "reference": ReferenceEngine}


class NumpyBackend(Backend):
    """Builds programs that need NumPy alone.

    `fast` cuts a batch into blocks and shares them out to threads; `reference` computes the
    formulas as they are written. Both give the same results up to rounding.
    """

    name = "numpy"

    def __init__(self, engine: str = "fast") -> None:
        if engine not in _ENGINES:
            hint = did_you_mean(engine, list(_ENGINES))
            raise BackendError(f"the numpy backend has no engine {engine!r}", hint)
        self.engine = _ENGINES[engine]

    def supports(self, component: Component) -> bool:
        """Whether the registry has its rule."""
        return registry.RULES.supports(component)

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """A program on the CPU."""
        if compute.device != "cpu":
            raise BackendError(f"the numpy backend has no device {compute.device!r}", "use cpu")
        return NumpyProgram(graph, setup, compute, self.engine)

    def versions(self) -> dict[str, str]:
        """NumPy and Python."""
        return {"numpy": np.__version__, "python": platform.python_version()}
