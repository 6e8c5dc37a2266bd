"""How a CSV file is written: its encoding, its separator, lines above the names, and the names."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nnspec.data.tables.text_pieces import EncodingError, text_pieces
from nnspec.errors import visible
from nnspec.scaffold.csv_names import Row, names_columns, numbered, repaired

_SEPARATORS = ",;\t|"
_SAMPLE = 1 << 20  # characters of which the layout is found
_MOST_SKIPPED = 20  # lines above the names
_LEAST_CELLS = 3  # of a row whose names lack that of the index, as R writes them
_UTF_16 = ("ÿþ", "þÿ")  # its marks of the order of bytes, read as Latin-1
_EXCEL = re.compile(r"sep=([;\t|])\r?\n", re.IGNORECASE)  # a line that tells the separator
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


class CsvLayout(NamedTuple):
    """Options of a CSV source that are not the default, and why they are given."""

    options: dict[str, Any]
    reasons: tuple[str, ...] = ()

    def with_options(self, options: dict[str, Any], *reasons: str) -> CsvLayout:
        """The layout with more options."""
        return CsvLayout({**self.options, **options}, (*self.reasons, *reasons))


class _Rows(NamedTuple):
    """The rows of a sample that are not empty, and how many lines of the file end with each."""

    rows: list[Row]
    lines: list[int]

    @property
    def cells(self) -> int:
        """How many cells most rows have."""
        counts = Counter(map(len, self.rows)).most_common(1)
        return counts[0][0] if counts else 0

    @property
    def agreement(self) -> tuple[float, int]:
        """The share of the rows that have as many cells as most, and how many those are."""
        cells = self.cells
        share = sum(len(row) == cells for row in self.rows) / len(self.rows) if cells > 1 else 0.0
        return share, cells


def csv_layout(path: Path) -> CsvLayout:
    """The layout of a CSV file; a DataError where it is no text."""
    encoding = encoding_of(path)
    layout = CsvLayout({})
    if encoding != "utf-8":
        reason = f"not UTF-8: read as {encoding}; where letters look wrong, it is another encoding"
        layout = layout.with_options({"encoding": encoding}, reason)
    sample = _sample(path, encoding)
    if match := _EXCEL.match(sample):
        found = {match[1]: _rows(sample, match[1])}
    else:
        found = {separator: _rows(sample, separator) for separator in _SEPARATORS}
        if all(one.cells <= 1 for one in found.values()):
            found[" "] = _rows(sample, " ")
    separator = max(found, key=lambda one: found[one].agreement)
    if '"' in sample and not re.search(rf'(^|{re.escape(separator)})\s*"', sample, re.MULTILINE):
        reason = "quotes stand inside cells alone: they are characters like others"
        layout = layout.with_options({"quote": False}, reason)
        found[separator] = _rows(sample, separator, quoting=csv.QUOTE_NONE)
    if separator != ",":
        layout = layout.with_options({"separator": separator})
    return _with_names(layout, found[separator], path.name)


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 by its mark, cp1252 or Latin-1: the first in which a file is text."""
    start = next(text_pieces(path, "latin-1"), b"").decode()
    if start.startswith(_UTF_16):
        return "utf-16"
    for encoding in _ENCODINGS[:-1]:
        try:
            deque(text_pieces(path, encoding), maxlen=0)
        except EncodingError:
            continue
        return encoding.removesuffix("-sig")
    return _ENCODINGS[-1]


def _sample(path: Path, encoding: str) -> str:
    """The first rows of a file as text."""
    text = next(text_pieces(path, encoding), b"").decode(errors="ignore")
    if len(text) <= _SAMPLE:
        return text
    return text[: text.rfind("\n", 0, _SAMPLE) + 1] or text[:_SAMPLE]


def _rows(sample: str, separator: str, *, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> _Rows:
    reader = csv.reader(
        StringIO(sample, newline=""), delimiter=separator, quoting=quoting, skipinitialspace=True
    )
    rows, lines = list[Row](), list[int]()
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error:  # a cell that does not end: what reads the file tells its line
        pass
    return _Rows(rows, lines)


def _with_names(layout: CsvLayout, found: _Rows, file: str) -> CsvLayout:
    """A layout with the lines above the names, and names where a row lacks some of them."""
    rows, cells = found.rows, found.cells
    if not rows or cells < 1:
        return layout
    first = _names_row(rows, cells)
    names = rows[first]
    above = found.lines[first - 1] if first else 0
    if not names_columns(names, rows[first + 1 :]):
        reason = f"no line of {visible(file)} names the columns: they are numbered"
        return layout.with_options({**_skipped(above), "names": numbered(cells)}, reason)
    if len(names) < cells:
        at_end = all(not row[-1] for row in rows[first + 1 :] if len(row) == cells)
        names = [*names, ""] if at_end else ["", *names]
    new = repaired(names)
    if new == list(names):
        lines = f"{above:,} lines stand" if above > 1 else "a line stands"
        return layout.with_options(_skipped(above), *[f"{lines} above the names"] * bool(above))
    reason = "the line of names lacks one or has one twice, so that they stand here"
    return layout.with_options({**_skipped(found.lines[first]), "names": new}, reason)


def _skipped(lines: int) -> dict[str, int]:
    return {"skip_lines": lines} if lines else {}


def _names_row(rows: Sequence[Row], cells: int) -> int:
    """The number of the first row that may name columns: titles above it have fewer cells."""
    if rows[0][0].lower() == "sep=":
        return 1
    if cells >= _LEAST_CELLS and len(rows[0]) == cells - 1 and all(rows[0]):
        return 0  # without a name of the index
    found = next(number for number, row in enumerate(rows) if len(row) == cells)
    return found if found <= _MOST_SKIPPED and all(len(r) < cells for r in rows[:found]) else 0
