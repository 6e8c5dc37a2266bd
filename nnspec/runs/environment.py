"""Versions, platform and settings of a run: what `environment.json` holds."""

from __future__ import annotations

import platform
from typing import Any

import nnspec
from nnspec.backends import discovery
from nnspec.training.session import TrainingSession, Way


def environment(job: TrainingSession, way: Way) -> dict[str, Any]:
    """What `environment.json` holds: enough to know why two runs differ."""
    return {
        "nnspec": nnspec.__version__,
        **discovery.find(way.backend).versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        **way._asdict(),
        "seed": job.spec.train.seed,
        "data_sha256": job.data_sha256,
    }
