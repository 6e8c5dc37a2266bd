"""The base class of metrics that are a mean over rows, computed on the host."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.components.metrics.base import Metric


class Sum(NamedTuple):
    """A sum of numbers, and how many they are."""

    total: float
    size: int

    @classmethod
    def of(cls, values: Any) -> Sum:
        """Those of an array."""
        return cls(float(values.sum()), values.size)


class HostMean(Metric):
    """The mean of numbers, of which `update` gives a batch's `Sum`."""

    def merge(self, first: Any, second: Any) -> Any:
        """The sum of both."""
        return Sum(first.total + second.total, first.size + second.size)

    def result(self, state: Any) -> float:
        """The mean."""
        return float(state.total / state.size)
