"""What torchrun says to each process that it starts, in variables of the environment."""

from __future__ import annotations

import os


def is_started_by_torchrun() -> bool:
    """Whether this process is one of those that torchrun has started."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def process_count() -> int:
    """The number of processes that work together."""
    return int(os.environ["WORLD_SIZE"]) if is_started_by_torchrun() else 1


def process_rank() -> int:
    """The number of this process among them, from 0."""
    return int(os.environ["RANK"]) if is_started_by_torchrun() else 0
