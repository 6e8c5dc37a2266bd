"""The callback of work that takes many steps: updates, batches of rows, points of a surface."""

from __future__ import annotations

from collections.abc import Callable

OnSteps = Callable[[int, int], None]  # steps done, of how many


def ignore_steps(_: int, __: int) -> None:
    """Do nothing."""
