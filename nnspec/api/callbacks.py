"""Plain functions as the listener of a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from nnspec.data.row_counts import RowCounts
from nnspec.errors import NnspecError, Problem, typed
from nnspec.runs.listener import RunListener
from nnspec.training.history import Epoch
from nnspec.training.loop import Progress

OnEpochEnd = Callable[[Epoch], object]
OnProgress = Callable[[Progress], object]


class Callbacks(RunListener):
    """Calls functions of a caller; an epoch's function that returns True stops the training."""

    def __init__(self, on_epoch_end: OnEpochEnd | None, on_progress: OnProgress | None) -> None:
        for function in (on_epoch_end, on_progress):
            if function is not None and not callable(function):
                raise NnspecError(f"a callback is a function, not {typed(function)}")
        self._on_epoch_end, self._on_progress = on_epoch_end, on_progress
        self._stopped = False
        self.advice: list[Problem] = []

    def on_refused_rows(self, counts: RowCounts) -> None:
        """Warn of rows that are not used."""
        warnings.warn(str(counts), stacklevel=2)

    def on_note(self, note: str) -> None:
        """Warn of what is odd about a run that this one begins with."""
        warnings.warn(note, stacklevel=2)

    def on_advice(self, advice: Problem) -> None:
        """Keep the advice."""
        self.advice.append(advice)

    def on_progress(self, progress: Progress) -> None:
        """Call the function of the progress."""
        if self._on_progress is not None:
            self._on_progress(progress)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Call the function of the epoch, and stop the training where it returns True."""
        result = self._on_epoch_end(epoch) if self._on_epoch_end is not None else None
        self._stopped = isinstance(result, bool | np.bool_) and bool(result)

    def on_evaluate_begin(self, split: str) -> None:
        """Let a training that has come to its end be evaluated, whatever its last epoch said."""
        self._stopped = False

    def should_stop(self) -> bool:
        """Whether the function of an epoch has returned True."""
        return self._stopped
