"""Versions, platform and settings of a run: what `environment.json` holds."""

from __future__ import annotations

import platform
from typing import Any

import nnspec
from nnspec.backends import discovery
from nnspec.compute import ComputeConfig
from nnspec.training.session import TrainingSession


def environment(job: TrainingSession, compute: ComputeConfig) -> dict[str, Any]:
    """What `environment.json` holds: enough to know why two runs differ."""
    return {
        "nnspec": nnspec.__version__,
        **discovery.find(compute.backend).versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        **compute._asdict(),
        "data_sha256": job.data_sha256,
    }
