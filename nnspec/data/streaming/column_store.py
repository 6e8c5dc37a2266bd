"""The columns of a table in files of a cache folder, written once for each state of the table."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.cache import cache_folder, written_to_cache
from nnspec.data.row_origin import TableFile
from nnspec.data.rows import Refusal
from nnspec.data.streaming.column_matrices import (
    Groups,
    StoredColumn,
    open_columns,
    write_matrices,
)
from nnspec.data.streaming.stored_array import SelectedRows
from nnspec.data.streaming.stored_parts import StoredParts
from nnspec.data.tables.raw_table import Convert
from nnspec.data.tables.reading import TableReader
from nnspec.data.tables.table import Table
from nnspec.errors import DataError, visible
from nnspec.options.component import to_plain

_FORMAT = 2  # of the files; another one is another folder
_LIST, _CHECKSUMS = "columns.json", "crc32.json"
_CHUNK = 1 << 20  # bytes that are read at a time
_ABANDONED = 24 * 60 * 60  # seconds without a change, after which nobody writes a folder any more


def stored_table(
    reader: TableReader, names: Sequence[str], required: Sequence[str], groups: Groups
) -> Table:
    """The columns of a table in files, which are written unless they are there already.

    Reads and checks as `TableReader.read` does. The columns of a group are read together. Raises
    DataError also where the disk is full.
    """
    names = list(dict.fromkeys(names))
    folder = cache_folder() / "tables" / _key(reader, names, required, groups)
    return _opened(folder) or _written(reader, names, required, groups, folder)


def _key(reader: TableReader, names: Sequence[str], required: Sequence[str], groups: Groups) -> str:
    """A name of what is read: the file's state, the options, the columns and what is checked."""
    checks = {name: to_plain(one) for name, one in reader.contracts.items()}
    what = [_FORMAT, str(reader.path.resolve()), reader.state, reader.source.kind]
    what += [to_plain(reader.source), reader.types, checks, names, list(required), list(groups)]
    return hashlib.sha256(json.dumps(what, default=str).encode()).hexdigest()[:32]


def _written(
    reader: TableReader, names: Sequence[str], required: Sequence[str], groups: Groups,
    folder: Path,
) -> Table:  # fmt: skip
    """Read the table into a folder of its own, which takes the place of one that is not whole."""
    with written_to_cache("the columns", folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder.parent)
        temporary = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        try:
            _write_list(temporary, reader.read(names, required, _Files(temporary)), groups)
            _keep(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    found = _opened(folder)
    if found is None:
        raise DataError(f"{visible(str(folder))} is damaged", "remove it")
    return found


def _keep(temporary: Path, folder: Path) -> None:
    """Give a complete folder its name, unless another process was faster."""
    if not _opened(folder):
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # the other process came in between
            temporary.rename(folder)


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of processes that were killed while they wrote."""
    for folder in parent.glob(".*"):
        with contextlib.suppress(OSError):  # it is another process's, which has just ended
            changed = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if time.time() - changed > _ABANDONED:
                shutil.rmtree(folder)


class _Files:
    """Gives each column a file of a folder for its parts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, count()

    def __call__(self, name: str, convert: Convert) -> StoredParts:
        return StoredParts(self.folder / f"{next(self.files)}.column", convert, name)


def _write_list(folder: Path, table: Table, groups: Groups) -> None:
    """Write which file holds which column, the lines of the rows, which are used, and checksums."""
    columns, kept = dict[str, Any](table.columns), None
    for name, column in columns.items():
        if isinstance(column, SelectedRows):
            columns[name], kept = column.base, np.asarray(column.numbers, np.int64)
    for name, numbers in (("kept", kept), ("lines", table.file.lines)):
        if numbers is not None:
            (folder / name).write_bytes(np.asarray(numbers, np.int64).tobytes())
    file = [table.file.name, table.file.first]
    stored = write_matrices(folder, columns, groups)
    content = {"columns": stored, "file": file, "refused": table.refused}
    (folder / _LIST).write_text(json.dumps(content), encoding="utf-8")
    (folder / _CHECKSUMS).write_text(json.dumps(_checksums(folder)), encoding="utf-8")


def _opened(folder: Path) -> Table | None:
    """The table whose columns a folder holds; None where it is not whole."""
    try:
        if json.loads((folder / _CHECKSUMS).read_bytes()) != _checksums(folder):
            return None
        values = json.loads((folder / _LIST).read_bytes())
        kept = _numbers(folder / "kept")
        stored = {name: StoredColumn(*one) for name, one in values["columns"].items()}
        columns: dict[str, Any] = open_columns(folder, stored)
        if kept is not None:
            columns = {name: SelectedRows(column, kept) for name, column in columns.items()}
        name, first = values["file"]
        file = TableFile(name, first, _numbers(folder / "lines"))
        return Table(columns, file, tuple(Refusal(*one) for one in values["refused"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checksums(folder: Path) -> dict[str, int]:
    """The CRC-32 of each file but that of these numbers."""
    return {path.name: _crc32(path) for path in folder.iterdir() if path.name != _CHECKSUMS}


def _crc32(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found


def _numbers(path: Path) -> Indices | None:
    return np.fromfile(path, np.int64) if path.exists() else None
