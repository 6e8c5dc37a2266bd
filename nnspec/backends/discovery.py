"""Lookup of a backend by name: built in, or from a plug-in's entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from nnspec.backends.contract import Backend, Program, TrainingSetup
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, did_you_mean
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.graph.verify import apply_passes
from nnspec.options import registry

_BUILT_IN = {
    "numpy": "nnspec.backends.numpy:NumpyBackend",
    "torch": "nnspec.backends.torch:TorchBackend",
    "keras": "nnspec.backends.keras:KerasBackend",
}


def find(name: str) -> Backend:
    """Return the backend `name`, or `name:engine` where it has several engines.

    Raises BackendError if the backend is unknown or a package that it needs is not installed.
    """
    _, _, engine = name.partition(":")
    target = verify_known(name)
    backend = cast("Callable[..., Backend]", registry.load_plugin(target))
    return backend(engine) if engine else backend()


def verify_known(name: str) -> str:
    """Return `module:object` of the backend of a name; a BackendError where there is none."""
    kind, colon, engine = name.partition(":")
    target = _BUILT_IN.get(kind) or registry.entry_points_of("nnspec.backend").get(kind)
    if target is None:
        hint = did_you_mean(kind, backends())
        raise BackendError(f"there is no backend {kind!r}", hint)
    if colon and not engine:
        raise BackendError(f"{name!r} names no engine of {kind}", f"write {kind}, or {kind}:ENGINE")
    return target


def build_program(graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
    """Build a program on the backend of `compute`; without a setup it can only predict.

    Layers that others can express are lowered, unless the backend has a rule for them.
    """
    backend = find(compute.backend)
    rules = backend.rules

    def lowered(graph: Graph) -> Graph:
        return lower(graph, lambda layer: rules is not None and layer in rules.layers)

    return backend.build(apply_passes(graph, lowered), setup, compute)


def backends() -> list[str]:
    """Names of all backends, those of plug-ins last."""
    return [*_BUILT_IN, *registry.entry_points_of("nnspec.backend")]
