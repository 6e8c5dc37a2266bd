"""Columns of predictions as CSV, Parquet or NDJSON, and as a preview in text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.backends.arrays import Array
from nnspec.cli.render.tables import aligned, number
from nnspec.data.tables.polars_errors import require_polars
from nnspec.errors import cut, visible
from nnspec.runs import atomic_files

Columns = Mapping[str, Array]

_MAX_ROWS, _MAX_COLUMNS = 10, 8  # of a preview
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet computes a cell that begins so


def write_columns(path: Path, columns: Columns) -> None:
    """Write columns in the format of the file's suffix, with round-trip digits."""
    content = _FORMATS[path.suffix.lower()](columns)
    atomic_files.make_folder(path.parent)
    atomic_files.write_file(path, content)


def preview(columns: Columns) -> str:
    """Lines of the first rows and columns."""
    shown = list(columns)[:_MAX_COLUMNS]
    first = [columns[name][:_MAX_ROWS].tolist() for name in shown]
    rows = [[_cell(value) for value in row] for row in zip(*first, strict=True)]
    more = [["..."] + [""] * (len(shown) - 1)] if len(columns["row"]) > _MAX_ROWS else []
    return aligned([[cut(visible(name)) for name in shown], *rows, *more])


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like it gets a `'`."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", text) is not None


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return cut(visible(value))
    return number(value)


def _csv(columns: Columns) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, columns))
    writer.writerows(zip(*(_texts(column) for column in columns.values()), strict=True))
    return text.getvalue()


def _texts(column: Array) -> Iterator[str]:
    """The cells of a column; numbers with the digits of their type."""
    return map(harmless, column.tolist()) if column.dtype.kind in "UT" else map(str, column)


def _ndjson(columns: Columns) -> str:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return "".join(f"{json.dumps(dict(zip(columns, row, strict=True)))}\n" for row in rows)


def _parquet(columns: Columns) -> bytes:
    require_polars()
    import polars as pl

    file = io.BytesIO()
    pl.DataFrame(
        {
            name: column.tolist() if column.dtype.kind in "UT" else column
            for name, column in columns.items()
        }
    ).write_parquet(file)
    return file.getvalue()


_FORMATS: dict[str, Callable[[Columns], str | bytes]] = {
    ".csv": _csv, ".ndjson": _ndjson, ".parquet": _parquet,
}  # fmt: skip
SUFFIXES = tuple(_FORMATS)
