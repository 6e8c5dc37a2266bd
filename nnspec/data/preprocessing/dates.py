"""Rule of date_parts: parts of dates, and their sines and cosines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.dates import PERIODS, DatePartsTransform
from nnspec.data.invalid_values import require_values
from nnspec.data.preprocessing.row_columns import as_columns
from nnspec.data.registry import FittedState, TransformRule

_THURSDAY = 3  # the weekday of 1970-01-01


def _since(dates: Array, unit: str, whole: str) -> Array:
    """How many of a unit have passed since the start of the year, month, ... of each date."""
    start = dates.astype(f"datetime64[{whole}]").astype(f"datetime64[{unit}]")
    return (dates.astype(f"datetime64[{unit}]") - start).astype(np.int64)


_PARTS: dict[str, Callable[[Array], Array]] = {
    "year": lambda dates: dates.astype("datetime64[Y]").astype(np.int64) + 1970,
    "month": lambda dates: _since(dates, "M", "Y") + 1,
    "day": lambda dates: _since(dates, "D", "M") + 1,
    "weekday": lambda dates: (dates.astype("datetime64[D]").astype(np.int64) + _THURSDAY) % 7,
    "day_of_year": lambda dates: _since(dates, "D", "Y") + 1,
    "hour": lambda dates: _since(dates, "h", "D"),
    "minute": lambda dates: _since(dates, "m", "h"),
    "second": lambda dates: _since(dates, "s", "m"),
}


def _apply(step: DatePartsTransform, _: FittedState, x: Array) -> Array:
    require_values(step.kind, x)
    columns = as_columns(x)
    made = [array for column in columns.T for array in _columns_of(step, column)]
    return np.stack(made, axis=1)


def _columns_of(step: DatePartsTransform, dates: Array) -> Iterator[Array]:
    """The columns that are made of one column of dates."""
    for part in step.parts:
        numbers = _PARTS[part](dates)
        if not step.cyclic:
            yield numbers
        elif part not in PERIODS:
            yield numbers.astype(np.float64)
        else:
            first, count = PERIODS[part]
            angle = 2 * np.pi * (numbers - first) / count
            yield from (np.sin(angle), np.cos(angle))


date_parts = TransformRule(_apply)
