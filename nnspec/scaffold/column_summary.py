"""What a column of a table holds: type, extremes, counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nnspec.options.tensor_spec import Kind

MAX_LISTED = 1000  # different values that are counted one by one
_NO_COUNTS: Mapping[Any, int] = MappingProxyType({})


class ColumnSummary(NamedTuple):
    """What a column holds in all rows of a table. `kind` is None where nnspec does not read it."""

    name: str
    kind: Kind | None
    type_name: str
    rows: int
    missing: int
    distinct: int  # different values, a missing one aside
    least: Any = None
    greatest: Any = None
    is_whole: bool = False  # whole numbers, be they written 3 or 3.0, or true and false
    words: float = 0.0  # in a text, in the mean
    format: str | None = None  # of dates that are not written as ISO 8601 does
    other_format: str | None = None  # that reads all dates too, day and month exchanged
    unit: str | None = None  # that stands beside each number
    counts: Mapping[Any, int] = _NO_COUNTS  # rows of each value, in its order; of few values only

    @property
    def present(self) -> int:
        """The rows that have a value."""
        return self.rows - self.missing

    @property
    def is_boolean(self) -> bool:
        """Whether it holds true and false."""
        return self.type_name == "Boolean"
