"""The rows of a CSV text: where each begins and ends, and whether it has the right cells.

polars fills a row that has too few cells, and takes a quote inside a cell for the beginning of a
longer one; so the text is cut into rows, and these are checked, before polars parses the cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import DataError, visible

_NEWLINE, _RETURN, _QUOTE, _SPACE = b'\n\r" '
_LONGEST_ROW = 1 << 26  # bytes; what is longer lacks the end of a quote, or of lines
QUOTE_HINT = "put the cell in quotes and double the quotes in it, or write quote: false"


class RowChunk(NamedTuple):
    """Rows with the right number of cells, and those that have too few or too many."""

    text: bytes  # each row ends with a newline
    lines: Array  # (rows,): the line of the file in which each begins
    ragged: tuple[tuple[int, int], ...] = ()  # line and number of cells of each row left out


class _Rows(NamedTuple):
    """Where the rows of a text stand: positions of bytes, line numbers from 0, numbers of cells."""

    starts: Array
    ends: Array  # of the newline of each
    lines: Array
    cells: Array


class CsvRows:
    """Reader of the rows of a CSV text, which comes in pieces; raises DataError, with the line."""

    def __init__(self, name: str, pieces: Iterator[bytes], separator: str, quote: bool) -> None:
        self.name, self.separator, self.quote = visible(name), ord(separator), quote
        self.line = 1  # of the first byte that is left
        self._pieces, self._left = pieces, b""

    def skip_lines(self, count: int) -> None:
        """Leave out the first lines."""
        while count and (self._left or self._more()):
            _, newline, rest = self._left.partition(b"\n")
            if not newline and self._more():
                continue
            self._left, count, self.line = rest, count - 1, self.line + 1

    def first(self) -> bytes:
        """The first row that is not empty; b"" where there is none."""
        end = 0
        while True:
            end = self._left.find(b"\n", end) + 1
            if not end and self._more():
                continue
            row = self._left[: end or None]
            if end and self.quote and row.count(b'"') % 2:
                continue
            if row.strip() or not row:
                self._check_utf8(row)
                return row
            self._left, self.line, end = self._left[len(row) :], self.line + 1, 0

    def pass_first(self, row: bytes) -> None:
        """Go on behind the row that `first` gave."""
        self._left = self._left[len(row) :]
        self.line += row.count(b"\n")

    def chunks(self, cells: int) -> Iterator[RowChunk]:
        """Read the rows, in chunks; each should have a number of cells."""
        more = True
        while more or self._left:
            more = self._more()
            if not more and self._left and not self._left.endswith(b"\n"):
                self._left += b"\n"
            size = self._whole_rows()
            if size:
                text, self._left = self._left[:size], self._left[size:]
                yield self._chunk(text, cells)
            elif not more and self._left:
                message = f"{self.name}:{self.line}: a cell that begins with a quote has no end"
                raise DataError(message, QUOTE_HINT)

    def _more(self) -> bool:
        """Read another piece, if there is one; a DataError where what is left holds no row yet."""
        if len(self._left) > _LONGEST_ROW:
            message = f"{self.name}:{self.line}: the row has more than {_LONGEST_ROW:,} bytes"
            raise DataError(message, f"its lines end with \\r, or: {QUOTE_HINT}")
        piece = next(self._pieces, b"")
        if b"\0" in piece:
            line = self.line + (self._left + piece[: piece.index(b"\0")]).count(b"\n")
            raise DataError(f"{self.name} is no text: line {line:,} has a zero byte")
        self._left += piece
        return bool(piece)

    def _whole_rows(self) -> int:
        """How many of the bytes that are left belong to whole rows."""
        end = self._left.rfind(b"\n") + 1
        if self.quote and self._left.count(b'"'):
            buffer = np.frombuffer(self._left, np.uint8)
            ends = np.flatnonzero((buffer == _NEWLINE) & ~_inside(buffer))
            return int(ends[-1]) + 1 if len(ends) else 0
        return end

    def _chunk(self, text: bytes, cells: int) -> RowChunk:
        """The rows of a text of whole rows."""
        text = self._without_spaces(text)
        first, buffer = self.line, np.frombuffer(text, np.uint8)
        self._check_utf8(text)
        rows = self._rows(text, buffer)
        self.line += text.count(b"\n")
        sizes = rows.ends - rows.starts
        blank = (sizes == 0) | ((sizes == 1) & (buffer[rows.starts] == _RETURN))
        ragged = ~blank & (rows.cells != cells)
        wrong = zip(rows.lines[ragged] + first, rows.cells[ragged], strict=True)
        keep = ~(blank | ragged)
        if not keep.all():
            text = buffer[np.repeat(keep, sizes + 1)].tobytes()
        return RowChunk(text, rows.lines[keep] + first, tuple((int(a), int(b)) for a, b in wrong))

    def _without_spaces(self, text: bytes) -> bytes:
        """A text without the spaces between a separator and a quote, which polars would take for
        the beginning of a cell without quotes.
        """
        if not self.quote or not (b' "' in text or b'" ' in text):
            return text
        buffer = np.frombuffer(text, np.uint8)
        spaces = (buffer == _SPACE) & ~_inside(buffer)
        beside = buffer != _SPACE
        places = np.flatnonzero(beside)
        gaps = np.searchsorted(places, np.flatnonzero(spaces))
        before, after = buffer[places[gaps - 1]], buffer[places[gaps]]
        edges = np.array([self.separator, _NEWLINE, _RETURN], np.uint8)
        opens = (after == _QUOTE) & (np.isin(before, edges) | (gaps == 0))
        closes = (before == _QUOTE) & np.isin(after, edges) & (gaps > 0)
        keep = np.ones(len(buffer), bool)
        keep[np.flatnonzero(spaces)[opens | closes]] = False
        return text if keep.all() else buffer[keep].tobytes()

    def _rows(self, text: bytes, buffer: Array) -> _Rows:
        newline, separator = buffer == _NEWLINE, buffer == self.separator
        newlines = np.flatnonzero(newline)
        if self.quote and b'"' in text:
            outside = ~_inside(buffer)
            separator &= outside
            ends = np.flatnonzero(newline & outside)
            self._check_quotes(buffer, newlines)
        else:
            ends = newlines
        starts = np.concatenate([[0], ends[:-1] + 1])
        cells = np.diff(np.searchsorted(np.flatnonzero(separator), ends), prepend=0) + 1
        return _Rows(starts, ends, np.searchsorted(newlines, starts), cells)

    def _check_quotes(self, buffer: Array, newlines: Array) -> None:
        """Raise DataError at a quote that neither begins nor ends a cell, nor is doubled."""
        quotes = np.flatnonzero(buffer == _QUOTE)
        opening, closing = quotes[0::2], quotes[1::2]
        before, after = buffer[opening - 1], buffer[closing + 1]  # of 0: the last newline
        edges = np.array([self.separator, _NEWLINE, _QUOTE], np.uint8)
        wrong = np.concatenate([
            opening[~np.isin(before, edges)],
            closing[~np.isin(after, np.append(edges, np.uint8(_RETURN)))],
        ])  # fmt: skip
        if len(wrong):
            line = self.line + int(np.searchsorted(newlines, wrong.min()))
            raise DataError(f"{self.name}:{line}: a quote stands inside a cell", QUOTE_HINT)

    def _check_utf8(self, text: bytes) -> None:
        """Raise DataError, with the line, where the first bytes that are left are not UTF-8."""
        if text.isascii():
            return
        try:
            text.decode()
        except UnicodeDecodeError as error:
            line = self.line + text.count(b"\n", 0, error.start)
            message = f"{self.name}:{line}: the byte {text[error.start]:#04x} is not UTF-8"
            hint = "say in which encoding the file is, such as encoding: cp1252"
            raise DataError(message, hint) from None


def _inside(buffer: Array) -> Array:
    """Whether each byte stands between quotes; a closing one does not."""
    inside: Array = (np.cumsum(buffer == _QUOTE, dtype=np.uint8) & 1).astype(bool)
    return inside
