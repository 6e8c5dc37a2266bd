"""The columns of a table in files of a cache folder, written once for each state of the table."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from nnspec.backends.arrays import Arrays
from nnspec.components.sources.tables import TableSource
from nnspec.data.cache import cache_folder
from nnspec.data.column_types import type_of
from nnspec.data.streaming.column_files import open_column
from nnspec.data.streaming.table_blocks import TableBlocks
from nnspec.data.streaming.typed_writing import write_columns
from nnspec.errors import DataError, visible

_FORMAT = 1  # of the files; another one is another folder
_LIST = "columns.json"


class StoredColumns(NamedTuple):
    """The folder of a table's columns, their types by name, and the number of rows."""

    folder: Path
    types: Mapping[str, str]
    rows: int

    def arrays(self) -> Arrays:
        """The columns, which are read on demand: they behave as arrays where rows are taken."""
        files = {
            name: open_column(self.folder / f"{number}.column", type_of(type_), self.rows)
            for number, (name, type_) in enumerate(self.types.items())
        }
        return cast("Arrays", files)


def store_columns(
    source: TableSource, path: Path, names: Sequence[str], known: Mapping[str, Any]
) -> StoredColumns:
    """The columns of a table in files; they are written unless they are there already.

    `known` are the polars types of some columns. Raises DataError where the table cannot be read
    or the disk is full.
    """
    folder = cache_folder() / "tables" / _key(source, path, names, known)
    found = _read_list(folder)
    return found or _write(TableBlocks(source, path), folder, names, known)


def _key(source: TableSource, path: Path, names: Sequence[str], known: Mapping[str, Any]) -> str:
    """A name of what is read: the file's state, the options, the columns and their types."""
    state = path.stat()
    options = {**source.options(), "path": str(path.resolve()), "test": None}
    what = [_FORMAT, options, state.st_size, state.st_mtime_ns, list(names), known]
    return hashlib.sha256(json.dumps(what, default=str).encode()).hexdigest()[:32]


def _read_list(folder: Path) -> StoredColumns | None:
    """The columns that a folder holds; None where it is not whole."""
    try:
        values = json.loads((folder / _LIST).read_text(encoding="utf-8"))
        return StoredColumns(folder, values["types"], int(values["rows"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(
    blocks: TableBlocks, folder: Path, names: Sequence[str], known: Mapping[str, Any]
) -> StoredColumns:
    """Write the columns into a folder of their own, which takes its place when it is whole."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        types, rows = write_columns(blocks, temporary, names, known)
        content = json.dumps({"types": types, "rows": rows})
        (temporary / _LIST).write_text(content, encoding="utf-8")
        with contextlib.suppress(OSError):  # another process was faster
            temporary.rename(folder)
    except OSError as error:
        message = f"cannot keep the columns in {visible(str(folder.parent))}: {error.strerror}"
        raise DataError(message, "NNSPEC_CACHE names another folder") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return StoredColumns(folder, types, rows)
