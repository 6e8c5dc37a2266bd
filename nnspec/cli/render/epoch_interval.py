"""Which epochs of a run get a line."""

from __future__ import annotations

from itertools import count

_MOST = 50  # lines of a run
_SECONDS = 60.0  # after which there is a line in any case


def interval(epochs: int) -> int:
    """Every how many epochs there is a line: 1, 2, 5, 10, 20, 50, ..., for about 50 lines."""
    rounded = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return next(size for size in rounded if epochs <= _MOST * size)


class ShownEpochs:
    """Selects the first, the last and every n-th epoch of a run, and at least one a minute."""

    def __init__(self, epochs: int) -> None:
        self.epochs, self.interval = epochs, interval(epochs)
        self._seconds = 0.0  # since the last line

    def shows(self, epoch: int, seconds: float) -> bool:
        """Whether an epoch that took some seconds gets a line; called once for each, in order."""
        self._seconds += seconds
        shown = epoch in (1, self.epochs) or not epoch % self.interval or self._seconds >= _SECONDS
        if shown:
            self._seconds = 0.0
        return shown
