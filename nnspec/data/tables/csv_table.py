"""Columns of a CSV file, whose types are found by a look at all their cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.sources.tables import Csv
from nnspec.data.tables.cells import NumberFormat
from nnspec.data.tables.column_parts import MemoryParts, converter
from nnspec.data.tables.csv_rows import CsvRows, RowChunk
from nnspec.data.tables.polars_errors import polars_errors
from nnspec.data.tables.raw_table import ColumnParts, PartsOf, Ragged, RawTable
from nnspec.data.tables.text_pieces import text_pieces
from nnspec.errors import DataError, quoted, visible
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl


class CsvTable:
    """A CSV file; its header is read at once. Raises DataError, with the line, where it is wrong.

    The file is read in chunks of whole rows, each as texts, which are converted at once: the
    texts of the whole file are never in memory. A column whose chunks disagree about its type is
    read again, as text.
    """

    def __init__(self, source: Csv, path: Path) -> None:
        self.source, self.path = source, path
        self.numbers = NumberFormat(source.decimal, source.thousands)
        rows, header = self._open()
        if not header.strip():
            raise DataError(f"{visible(path.name)} is empty")
        self.names: list[str] = list(source.names or self._header(header, rows.line))

    def read(
        self, names: Sequence[str], types: Mapping[str, ColumnType], parts: PartsOf = MemoryParts
    ) -> RawTable:
        """Read columns; those without a type as what their cells are."""
        found = {name: parts(name, converter(types.get(name), self.numbers)) for name in names}
        lines, ragged = self._read_chunks(found)
        as_text = converter(ColumnType("text"), self.numbers)
        texts = {name: parts(name, as_text) for name, one in found.items() if one.is_mixed}
        if texts:
            self._read_chunks(texts)
        columns = {name: one.column(name) for name, one in {**found, **texts}.items()}
        return RawTable(columns, lines, tuple(ragged))

    def scan(self, types: Mapping[str, ColumnType]) -> pl.LazyFrame:
        """All columns; a cell that is not of a given type is null."""
        import polars as pl

        columns = self.read(self.names, types).columns.values()
        return pl.DataFrame([column.values for column in columns]).lazy()

    def _read_chunks(self, parts: Mapping[str, ColumnParts]) -> tuple[Array, list[Ragged]]:
        """Read the file for some columns: the line of each row, and the ragged rows."""
        lines, ragged = [np.empty(0, np.int64)], list[Ragged]()
        for chunk in self._chunks():
            ragged += [(line, self._ragged_reason(cells)) for line, cells in chunk.ragged]
            self._check_ragged(ragged)
            lines.append(chunk.lines)
            if len(chunk.lines):
                for name, cells in self._cells(chunk.text, list(parts)).items():
                    parts[name].add(cells)
        return np.concatenate(lines), ragged

    def _cells(self, text: bytes, names: Sequence[str]) -> dict[str, pl.Series]:
        """The cells of columns as texts without spaces around them; null where one is missing."""
        import polars as pl

        positions = {self.names.index(name): name for name in names}
        with polars_errors(self.path.name, "CSV"):
            frame = pl.read_csv(
                BytesIO(text),
                has_header=False,
                columns=sorted(positions),
                infer_schema=False,
                separator=self.source.separator,
                quote_char='"' if self.source.quote else None,
            )
            stripped = frame.select(pl.all().str.strip_chars())
            missing = [*self.source.missing, ""]
            cells = stripped.select(pl.when(~pl.all().is_in(missing)).then(pl.all()))
        return {positions[n]: one for n, one in zip(sorted(positions), cells, strict=True)}

    def _chunks(self) -> Iterator[RowChunk]:
        rows, header = self._open()
        if self.source.names is None:
            rows.pass_first(header)
        return rows.chunks(len(self.names))

    def _open(self) -> tuple[CsvRows, bytes]:
        """The rows behind the lines to skip, and the first of them."""
        pieces = text_pieces(self.path, self.source.encoding)
        rows = CsvRows(self.path.name, pieces, self.source.separator, self.source.quote)
        rows.skip_lines(self.source.skip_lines)
        return rows, rows.first()

    def _header(self, row: bytes, line: int) -> list[str]:
        """The names in the first row; a DataError where one is empty or stands there twice."""
        place = f"{visible(self.path.name)}:{line}"
        try:
            names = [name.strip() for name in next(self._csv_reader(row))]
        except csv.Error as error:
            lone = "\r" in row.decode().rstrip("\r\n")
            reason = "its lines end with \\r instead of \\n" if lone else str(error)
            raise DataError(f"{place}: no names of columns: {reason}") from None
        for number, name in enumerate(names):
            if not name:
                hint = "name it, or write names: [...] if no line names the columns"
                if not number:
                    hint = f"{hint}; pandas leaves its index out with to_csv(index=False)"
                raise DataError(f"{place}: column {number + 1} has no name", hint)
            if name in names[:number]:
                first = names.index(name) + 1
                message = f"{place}: columns {first} and {number + 1} are both named {quoted(name)}"
                raise DataError(message, "give each column a name of its own")
        return names

    def _csv_reader(self, row: bytes) -> Iterator[list[str]]:
        text = [row.decode().rstrip("\r\n")]
        if self.source.quote:
            return csv.reader(text, delimiter=self.source.separator, skipinitialspace=True)
        return csv.reader(text, delimiter=self.source.separator, quoting=csv.QUOTE_NONE)

    def _check_ragged(self, ragged: Sequence[Ragged]) -> None:
        """Raise DataError at the first row with other cells, unless such rows are left out."""
        if ragged and self.source.on_error == "error":
            line, reason = ragged[0]
            message = f"{visible(self.path.name)}:{line}: {reason}"
            raise DataError(message, "on_error: skip in the source leaves such rows out")

    def _ragged_reason(self, cells: int) -> str:
        """Why a row with a number of cells is none."""
        columns = len(self.names)
        return f"the row has {cells:,} cell{'s' * (cells != 1)}, and there are {columns:,} columns"
