"""The Keras backend: a real `keras.Model` on TensorFlow, PyTorch or JAX."""

from __future__ import annotations

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.keras import bootstrap, registry
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.options.component import Component


class KerasBackend(Backend):
    """Builds Keras models; `keras` is `keras:tensorflow`, and a process has one engine."""

    name = "keras"

    def __init__(self, engine: str = "tensorflow") -> None:
        bootstrap.import_keras(engine)
        self.engine = engine

    def supports(self, component: Component) -> bool:
        """Whether the registry has its rule."""
        return registry.RULES.supports(component)

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """A program on the device, where the engine has it."""
        from nnspec.backends.keras.program import KerasProgram  # only now is Keras imported

        self._check_device(compute.device)
        return KerasProgram(graph, setup, compute, self.engine)

    def versions(self) -> dict[str, str]:
        """Keras, its engine and NumPy."""
        return bootstrap.versions(self.engine)

    def _check_device(self, device: str) -> None:
        from nnspec.backends.keras.engines import engine_of

        devices = engine_of(self.engine).devices()
        if device not in devices:
            message = f"the keras:{self.engine} backend has no device {device!r} here"
            raise BackendError(message, f"use {' or '.join(devices)}")
