"""What is told of several turns: the middle one, and where the middle half of them lies."""

from __future__ import annotations

from statistics import quantiles
from typing import NamedTuple

Times = dict[str, list[float]]  # a contestant's key -> a number for each round


class Spread(NamedTuple):
    """The median and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Of one value or more."""
        return cls(*(quantiles(values, method="inclusive") if len(values) > 1 else values * 3))


def ratio(times: Times, one: str, other: str) -> Spread:
    """How many times as long `one` takes as `other`, round by round.

    What else the machine does in a round falls on both, and on the ratio less.
    """
    return Spread.of([a / b for a, b in zip(times[one], times[other], strict=True)])
