"""Columns that are read together, in one file for each type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.data.column_types import type_name, type_of
from nnspec.data.streaming.column_files import StoredFile, open_column
from nnspec.data.streaming.paged_matrix import PagedMatrix
from nnspec.data.streaming.stacked_columns import MatrixColumn, StackedColumns
from nnspec.data.streaming.stored_array import StoredArray

Groups = Sequence[Sequence[str]]


class StoredColumn(NamedTuple):
    """The file of a column and its type; of numbers, how many columns it has and which is this."""

    file: str
    type: str
    rows: int
    columns: int = 1
    number: int = 0


def write_matrices(
    folder: Path, columns: Mapping[str, StoredFile], groups: Groups
) -> dict[str, StoredColumn]:
    """Join the files of columns of a group that have one type; where each column is then."""
    rows = len(next(iter(columns.values())))
    found = {
        name: StoredColumn(column.path.name, type_name(column.dtype), rows)
        for name, column in columns.items()
    }
    for number, names in enumerate(_of_one_type(columns, groups)):
        path = folder / f"{number}.matrix"
        _join([columns[name] for name in names], path)
        for place, name in enumerate(names):
            found[name] = found[name]._replace(file=path.name, columns=len(names), number=place)
    return found


def open_columns(folder: Path, columns: Mapping[str, StoredColumn]) -> dict[str, StoredArray]:
    """The columns in the files of a folder."""
    matrices = {
        one.file: PagedMatrix(folder / one.file, type_of(one.type), (one.rows, one.columns))
        for one in columns.values()
        if one.columns > 1
    }
    return {
        name: MatrixColumn(matrices[one.file], one.number)
        if one.columns > 1
        else open_column(folder / one.file, type_of(one.type), one.rows)
        for name, one in columns.items()
    }


def _of_one_type(columns: Mapping[str, StoredFile], groups: Groups) -> Iterator[list[str]]:
    """The columns of each group that have one type and are in no group before, several at least."""
    placed = set[str]()
    for group in groups:
        alike = dict[Any, list[str]]()  # by type
        for name in dict.fromkeys(group):
            if name not in placed and columns[name].dtype.kind != "T":
                alike.setdefault(columns[name].dtype, []).append(name)
        placed.update(group)
        yield from (names for names in alike.values() if len(names) > 1)


def _join(columns: Sequence[StoredFile], path: Path) -> None:
    """Write columns side by side, and remove their files."""
    stacked = StackedColumns(columns)
    PagedMatrix(path, columns[0].dtype, stacked.shape).write(stacked)
    for column in columns:
        column.path.unlink()
