"""The interface of a tracker, and what it is given of a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.backends.contract import Weights


class TrackedRun(NamedTuple):
    """The run of which trackers are told."""

    folder: Path
    name: str  # of the spec
    spec_text: str  # the resolved spec as YAML
    options: Mapping[str, Any]  # its values, by their paths: `train.epochs`
    summary: str  # the layers as a table
    epochs: int  # whole ones that are done before; more than 0 where the run goes on


class TrackedEpoch(NamedTuple):
    """An epoch that has ended."""

    number: int  # from 1
    metrics: Mapping[str, float]  # with those of validation, and the learning rate
    weights: Callable[[], Weights]  # after it


class TrackerWriter(ABC):
    """Writes what one tracker keeps of a run."""

    @abstractmethod
    def begin(self, run: TrackedRun) -> None:
        """Begin, or go on; an NnspecError where nothing can be written."""

    @abstractmethod
    def end_epoch(self, epoch: TrackedEpoch) -> None:
        """Write the metrics of an epoch."""

    @abstractmethod
    def end(self, figures: Mapping[str, float], status: str) -> None:
        """Write the figures at the end, and how the run has ended; the last call."""
