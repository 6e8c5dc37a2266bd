"""The PyTorch backend: builds a `torch.nn.Module` from a graph and trains it.

Torch is imported only when the backend is created, so that its absence is a clear BackendError.
"""

from __future__ import annotations

import platform

import numpy as np

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.backends.torch import registry
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.system_errors import first_line

_INSTALL_HINT = "install it with: pip install 'nnspec[torch]'"


class TorchBackend(Backend):
    """Builder of PyTorch programs, on the CPU or an accelerator."""

    name = "torch"
    rules = registry.RULES

    def __init__(self, engine: str = "") -> None:
        if engine:
            raise BackendError(f"the torch backend has no engine {engine!r}")
        _require_torch()

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """Build a program on `compute.device`: cpu, cuda, cuda:N or mps.

        Where this process has been joined with others, all of them build it and share its work.
        """
        from nnspec.backends.torch.coordination import DistributedProgram
        from nnspec.backends.torch.processes import is_joined
        from nnspec.backends.torch.program import TorchProgram

        return (DistributedProgram if is_joined() else TorchProgram)(graph, setup, compute)

    def versions(self) -> dict[str, str]:
        """Versions of PyTorch, the CUDA that it was built for, NumPy and Python."""
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
        raise BackendError(f"the torch backend needs PyTorch, {reason}\n{_INSTALL_HINT}") from None
    except Exception as error:  # what it raises for a wrong environment variable is not declared
        raise BackendError(f"PyTorch cannot be imported: {first_line(error)}") from None
