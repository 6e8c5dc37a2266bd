"""Median and quartiles of measurements, and ratios between implementations."""

from __future__ import annotations

from statistics import quantiles
from typing import NamedTuple

Times = dict[str, list[float]]  # key of an implementation -> a number for each round


class Spread(NamedTuple):
    """Lower quartile, median and upper quartile."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """The spread of one value or more."""
        return cls(*(quantiles(values, method="inclusive") if len(values) > 1 else values * 3))


def ratio(times: Times, one: str, other: str) -> Spread:
    """The spread of one / other over the rounds.

    Other load on the machine in a round affects both numbers, and the ratio less.
    """
    return Spread.of([a / b for a, b in zip(times[one], times[other], strict=True)])
