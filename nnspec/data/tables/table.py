"""A table in memory: a NumPy array for each column, and the file that it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.data.column_types import type_name
from nnspec.data.row_origin import TableFile
from nnspec.data.rows import Refusal


class Table(NamedTuple):
    """Columns by name, each (rows,), of the types in `data/column_types.py`."""

    columns: Mapping[str, Array]
    file: TableFile
    refused: tuple[Refusal, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """The type of each column, by the names of `type_name`."""
        return {name: type_name(column.dtype) for name, column in self.columns.items()}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))
