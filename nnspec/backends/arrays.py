"""Arrays of the inputs or targets of rows: one array, or a map from names to arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from nnspec.errors import DataError

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Values = Array | Arrays  # an array is the only one
NO_ARRAYS: Arrays = MappingProxyType({})
_CHUNK_ROWS, _CHUNK_NUMBERS = 4096, 1 << 22


def by_name(values: Values, only: str = "") -> Arrays:
    """The arrays by name; the only one gets the name `only`."""
    return values if isinstance(values, Mapping) else {only: values}


def named(values: Values, names: Iterable[str]) -> dict[str, Array]:
    """The arrays by name, in the order of the names; raises DataError unless the names fit."""
    wanted = list(names)
    if not isinstance(values, Mapping):
        values = dict(zip(wanted, [values], strict=False))
    if set(values) != set(wanted):
        given, expected = ", ".join(values) or "none", ", ".join(wanted) or "none"
        raise DataError(f"the arrays are {given}; the network has {expected}")
    return {name: values[name] for name in wanted}


def of_names(arrays: Arrays, names: Iterable[str]) -> Arrays:
    """The arrays; raises DataError where one has none of the names."""
    known = list(names)
    unknown = next((name for name in arrays if name not in known), None)
    if unknown is not None:
        raise DataError(f"there is no output {unknown!r} with a loss: {', '.join(known)}")
    return arrays


def only(values: Values) -> Array:
    """The only array; raises DataError if there are several."""
    if not isinstance(values, Mapping):
        return values
    if len(values) != 1:
        raise DataError(f"this needs one array, and there are {len(values)}: {', '.join(values)}")
    return next(iter(values.values()))


def take(values: Values, selection: Any) -> Values:
    """The rows of a slice or of indices, of each array."""
    if isinstance(values, Mapping):
        return {name: array[selection] for name, array in values.items()}
    return values[selection]


def row_count(values: Values) -> int:
    """The number of rows."""
    return len(next(iter(by_name(values).values())))


def chunk_rows(values: Values) -> int:
    """How many rows to read at a time: 4096, and fewer of those with many numbers."""
    numbers = sum(prod(array.shape[1:]) for array in by_name(values).values())
    return max(1, min(_CHUNK_ROWS, _CHUNK_NUMBERS // max(1, numbers)))
