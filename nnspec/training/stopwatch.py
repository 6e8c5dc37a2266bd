"""The seconds that something takes, in one sitting or in several."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]


class Stopwatch:
    """Counts the seconds from now on, after those of earlier sittings."""

    def __init__(self, before: float = 0.0, clock: Clock = time.perf_counter) -> None:
        self.clock, self.start = clock, clock() - before

    @property
    def seconds(self) -> float:
        """The seconds so far, those before included."""
        return self.clock() - self.start
