"""The PyTorch backend: a graph becomes a `torch.nn.Module`, trained by torch's optimizers.

Torch itself is imported when a backend is made, so that its absence is an error with a remedy.
"""

from __future__ import annotations

import platform

import numpy as np

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.torch import registry
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.options.component import Component

_REMEDY = "install it with: pip install 'nnspec[torch]'"


class TorchBackend(Backend):
    """Builds `torch.nn.Module`s, on the CPU or an accelerator."""

    name = "torch"

    def __init__(self, engine: str = "") -> None:
        if engine:
            raise BackendError(f"the torch backend has no engine {engine!r}")
        _require_torch()

    def supports(self, component: Component) -> bool:
        """Whether the registry has its rule."""
        return registry.RULES.supports(component)

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """A program on `compute.device`: cpu, cuda, cuda:N or mps."""
        from nnspec.backends.torch.program import TorchProgram

        return TorchProgram(graph, setup, compute)

    def versions(self) -> dict[str, str]:
        """PyTorch, with the CUDA that it was built for, NumPy and Python."""
        import torch

        cuda = {"cuda": torch.version.cuda} if torch.version.cuda else {}
        python = platform.python_version()
        return {"torch": torch.__version__, **cuda, "numpy": np.__version__, "python": python}


def _require_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        missing = getattr(error, "name", None) == "torch"
        reason = "which is not installed" if missing else f"which cannot be imported: {error}"
        raise BackendError(f"the torch backend needs PyTorch, {reason}\n{_REMEDY}") from None
