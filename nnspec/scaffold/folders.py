"""What a folder holds: a table for training, perhaps one for the test."""

from __future__ import annotations

from pathlib import Path

from nnspec.errors import DataError, quoted, visible
from nnspec.scaffold.data_files import TABLE_SUFFIXES, stem_of, suffix_of, table_file
from nnspec.scaffold.tables import TablePair

_TRAIN, _TEST = ("train", "training"), ("test", "testing")


def folder_tables(folder: Path) -> TablePair:
    """The table of a folder: its only one, or `train` and `test`; a DataError where it has none."""
    tables = sorted(path for path in folder.iterdir() if _is_table(path))
    by_stem = {stem_of(path).lower(): path for path in tables}
    train, test = (
        next((by_stem[name] for name in names if name in by_stem), None)
        for names in (_TRAIN, _TEST)
    )
    if train is not None:
        return TablePair(table_file(train), table_file(test) if test else None)
    if len(tables) == 1:
        return TablePair.of(table_file(tables[0]))
    raise _no_data(folder, tables)


def _is_table(path: Path) -> bool:
    """Whether a file is named as tables are; a .txt file may hold anything."""
    return suffix_of(path) in TABLE_SUFFIXES and path.suffix.lower() != ".txt"


def _no_data(folder: Path, tables: list[Path]) -> DataError:
    where = f"the folder {quoted(str(folder))}"
    if tables:
        names = ", ".join(visible(path.name) for path in tables[:3])
        more = ", ..." if len(tables) > 3 else ""
        return DataError(f"{where} has several tables: {names}{more}", "name one of them")
    hint = "nnspec reads a table, such as train.csv, or images in a sub-folder for each class"
    return DataError(f"{where} holds no data", hint)
