"""How fast a training is, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from nnspec.training.loop import Progress

_RECENT = 10.0  # seconds over which the speed is taken


class ProgressEstimate(NamedTuple):
    """Updates that are done and all updates, updates per second, and seconds that are left.

    The last two are None until two positions are known.
    """

    done: int
    total: int
    updates_per_second: float | None = None
    seconds_left: float | None = None


class ProgressEstimator:
    """The speed of a training by its last positions, also of one that goes on in the middle."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._positions = clock, list[tuple[float, int]]()

    def at(self, progress: Progress) -> ProgressEstimate:
        """The speed at a position; to be called once for each, in order."""
        done, total, now = progress.step, progress.steps, self._clock()
        self._positions.append((now, done))
        while len(self._positions) > 2 and self._positions[1][0] < now - _RECENT:
            del self._positions[0]
        start, before = self._positions[0]
        if done == before or now <= start:
            return ProgressEstimate(done, total)
        rate = (done - before) / (now - start)
        left = (total - done) / rate
        if progress.budget_left is not None:
            left = min(left, progress.budget_left)
        return ProgressEstimate(done, total, rate, left)


def rate_text(estimate: ProgressEstimate) -> str:
    """Updates per second, or seconds per update where they are slower than that; or nothing."""
    rate = estimate.updates_per_second
    if rate is None:
        return ""
    return f"{rate:,.0f} updates/s" if rate >= 10 else f"{1e3 / rate:,.0f} ms/update"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, such as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
