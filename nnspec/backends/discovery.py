"""Finding a backend by name: built in, or from an entry point of a plug-in."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, did_you_mean
from nnspec.graph.ir import Graph

_BUILT_IN = {
    "numpy": "nnspec.backends.numpy:NumpyBackend",
    "torch": "nnspec.backends.torch:TorchBackend",
    "keras": "nnspec.backends.keras:KerasBackend",
}


def find(name: str) -> Backend:
    """The backend called `name`, or `name:engine` where it has several engines.

    Raises BackendError where it is unknown or what it needs is not installed.
    """
    kind, _, engine = name.partition(":")
    target = _BUILT_IN.get(kind) or plugins().get(kind)
    if target is None:
        hint = did_you_mean(kind, [*_BUILT_IN, *plugins()])
        raise BackendError(f"there is no backend {kind!r}", hint)
    module, _, cls = target.partition(":")
    make = cast("Callable[..., Backend]", getattr(import_module(module), cls))
    return make(engine) if engine else make()


def build_program(graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
    """A program for a graph on the backend of `compute`; without a setup it only predicts."""
    return find(compute.backend).build(graph, setup, compute)


def plugins() -> dict[str, str]:
    """The backends that installed packages add, with their `module:Class`."""
    from importlib.metadata import entry_points  # slow to import; only plug-ins need it

    return {entry.name: entry.value for entry in entry_points(group="nnspec.backend")}
