"""Writing of a table's columns, whose types are found on the way.

A column is written in the type of its first block. Where a later block holds another one, such as a
fraction among whole numbers or a text among numbers, all is written again with the wider type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import TEXT_TYPE, type_name
from nnspec.data.streaming.column_files import ColumnWriter, open_writer
from nnspec.data.streaming.table_blocks import TableBlocks
from nnspec.data.tables.columns import to_array

if TYPE_CHECKING:
    import polars as pl

_FLOAT = np.dtype(np.float64)
DataType = np.dtype[Any]


class Written(NamedTuple):
    """The types of the columns that were written, by the names of `type_name`, and the rows."""

    types: dict[str, str]
    rows: int


def write_columns(
    blocks: TableBlocks, folder: Path, names: Sequence[str], known: Mapping[str, Any]
) -> Written:
    """Write the columns of a table, in the files 0, 1, ... of a folder.

    `known` are the polars types of some columns.
    """
    wider: dict[str, DataType] = {}
    while True:
        found = _write(blocks, folder, names, _read_types(known, wider), wider)
        if isinstance(found, Written):
            return found
        wider |= found


def _read_types(known: Mapping[str, Any], wider: Mapping[str, DataType]) -> dict[str, Any]:
    """The polars types with which blocks are read: text is read as it stands."""
    import polars as pl

    return {**known, **{name: pl.String for name, dtype in wider.items() if dtype == TEXT_TYPE}}


def _write(
    blocks: TableBlocks, folder: Path, names: Sequence[str], types: Mapping[str, Any],
    wider: Mapping[str, DataType],
) -> Written | dict[str, DataType]:  # fmt: skip
    """Write all blocks, or give the wider types that a block needs."""
    rows, files = 0, _ColumnFiles(folder, names, wider)
    try:
        for frame in blocks(names, types):
            needed = files.write(frame)
            if needed:
                return needed
            rows += len(frame)
    finally:
        files.close()
    return Written({name: type_name(files.types[name]) for name in names}, rows)


class _ColumnFiles:
    """The files of columns that are being written, each in the type of its first block."""

    def __init__(self, folder: Path, names: Sequence[str], wider: Mapping[str, DataType]) -> None:
        self.paths = {name: folder / f"{number}.column" for number, name in enumerate(names)}
        self.types = dict(wider)
        self.writers: dict[str, ColumnWriter] = {}

    def write(self, frame: pl.DataFrame) -> dict[str, DataType]:
        """Append a block; the wider types that it needs, where it does not fit."""
        arrays = {name: _array(frame[name], self.types.get(name)) for name in self.paths}
        self.types = {**{name: array.dtype for name, array in arrays.items()}, **self.types}
        needed = {name: _wider(self.types[name], array.dtype) for name, array in arrays.items()}
        changed = {name: dtype for name, dtype in needed.items() if dtype != self.types[name]}
        if not changed:
            for name, array in arrays.items():
                self._writer(name).write(array)
        return changed

    def _writer(self, name: str) -> ColumnWriter:
        if name not in self.writers:
            self.writers[name] = open_writer(self.paths[name], self.types[name])
        return self.writers[name]

    def close(self) -> None:
        """Close all files."""
        for writer in self.writers.values():
            writer.close()


def _array(column: pl.Series, dtype: DataType | None) -> Array:
    """A block of a column; one without any value has the column's type, or that of numbers."""
    if column.null_count() < len(column):
        return to_array(column)
    if dtype is not None and dtype.kind in "TM":
        return np.full(len(column), "" if dtype.kind == "T" else np.datetime64("NaT"), dtype)
    return np.full(len(column), np.nan)


def _wider(one: DataType, other: DataType) -> DataType:
    """The type that holds the values of two blocks of a column."""
    if one == other:
        return one
    if {one.kind, other.kind} <= set("iuf") or {one.kind, other.kind} == set("bf"):
        return np.result_type(one, other) if "b" not in (one.kind, other.kind) else _FLOAT
    return TEXT_TYPE
