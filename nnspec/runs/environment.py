"""The environment of a run: versions, platform, compute configuration, data hash."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

import nnspec
from nnspec.backends import discovery
from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.compute import ComputeConfig
from nnspec.distributed.environment import process_count
from nnspec.training.session import TrainingSession


def machine(compute: ComputeConfig) -> dict[str, Any]:
    """Versions, platform, processor, and how many threads a backend may use."""
    return {
        "nnspec": nnspec.__version__,
        **discovery.find(compute.backend).versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cpu_features": _cpu_features(),
        "threads": processors(),
        "processes": process_count(),
    }


def _cpu_features() -> str:
    """The vector instructions that NumPy computes with here."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    return " ".join([*found["baseline"], *found.get("found", ())])


def environment(session: TrainingSession, compute: ComputeConfig) -> dict[str, Any]:
    """The content of `environment.json`: what may explain a difference between two runs."""
    start = {"initial_weights": dict(session.initial_weights)} if session.initial_weights else {}
    return {**machine(compute), **compute._asdict(), "data_sha256": session.data_sha256, **start}
