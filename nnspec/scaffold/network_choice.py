"""The layers of a network for a table or for images, by simple rules."""

from __future__ import annotations

from typing import NamedTuple

_LEAST_UNITS = 16
_MOST_UNITS = 128
_DEEP_ROWS = 1000  # rows from which a second hidden layer is worth its weights


class HiddenLayers(NamedTuple):
    """The units of each hidden layer of an MLP, and the rule that gave them."""

    units: tuple[int, ...]
    reason: str


def hidden_layers(width: int, rows: int) -> HiddenLayers:
    """Twice the `width` of an input row, up to a power of 2 in 16 to 128; half of that follows
    where there are 1,000 rows or more.
    """
    first = min(max(_LEAST_UNITS, power_of_two(2 * width)), _MOST_UNITS)
    reason = f"twice the {width} numbers of a row, up to a power of 2 from 16 to 128"
    return HiddenLayers((first, first // 2) if rows >= _DEEP_ROWS else (first,), reason)


def power_of_two(number: int) -> int:
    """The smallest power of 2 that is no smaller than a number."""
    return 1 << max(0, number - 1).bit_length()


def convolutions(side: int) -> tuple[int, ...]:
    """The filters of each convolution, which a pooling by 2 follows: twice as many each time, while
    the images are 8 pixels or more on their shorter side; three at most.
    """
    return tuple(16 << depth for depth in range(3) if side >> depth >= 8) or (16,)
