"""The Keras backend: builds a `keras.Model` from a graph, on TensorFlow, PyTorch or JAX."""

from __future__ import annotations

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.keras import bootstrap, registry
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph


class KerasBackend(Backend):
    """Builder of Keras programs; the engine defaults to TensorFlow, one engine per process."""

    name = "keras"
    rules = registry.RULES

    def __init__(self, engine: str = "tensorflow") -> None:
        bootstrap.import_keras(engine)
        self.engine = engine

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """Build a program on `compute.device`; raise BackendError if the engine lacks it."""
        from nnspec.backends.keras.program import KerasProgram  # imports Keras

        self._check_device(compute.device)
        return KerasProgram(graph, setup, compute, self.engine)

    def versions(self) -> dict[str, str]:
        """Versions of Keras, its engine and NumPy."""
        return bootstrap.versions(self.engine)

    def _check_device(self, device: str) -> None:
        from nnspec.backends.keras.engines import engine_of

        devices = engine_of(self.engine).devices()
        if device not in devices:
            message = f"the keras:{self.engine} backend has no device {device!r} here"
            raise BackendError(message, f"use {' or '.join(devices)}")
