"""The number of each value of a column among a list of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array


def value_numbers(values: Sequence[Any], column: Array) -> Array:
    """The number of each value of a column (rows,) among n different ones; n where it is none.

    `np.searchsorted` is no help: with StringDType it misses texts of more than 15 bytes.
    """
    number = {value: count for count, value in enumerate(values)}
    found, inverse = np.unique(column, return_inverse=True)
    numbers = [number.get(value, len(values)) for value in found.tolist()]
    return np.array(numbers, np.int64)[inverse]
