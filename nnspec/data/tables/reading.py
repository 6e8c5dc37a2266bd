"""Reading of columns from the file of a table."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.sources.tables import Csv, TableSource
from nnspec.data.registry import TABLES
from nnspec.data.row_origin import TableFile
from nnspec.data.rows import Refusal
from nnspec.data.tables.column_parts import MemoryParts
from nnspec.data.tables.columns import as_array, column_type
from nnspec.data.tables.contract import missing_cells, violations
from nnspec.data.tables.polars_errors import require_polars
from nnspec.data.tables.raw_table import FormatReader, PartsOf, RawTable, SelectedColumns
from nnspec.data.tables.table import Table
from nnspec.data.tables.violations import (
    Places,
    Violation,
    kept_rows,
    refusals,
    require_none,
)
from nnspec.errors import DataError, Problem, SourceSpan, did_you_mean, quoted, visible
from nnspec.spec.column_contracts import ColumnType, Contracts
from nnspec.system_errors import system_message

if TYPE_CHECKING:
    import polars as pl

NO_CONTRACTS: Contracts = MappingProxyType({})
_SEPARATORS = ";\t|,"
_WANTED = {
    "number": "no number",
    "integer": "no whole number",
    "boolean": "neither true nor false",
    "text": "no text",
    "date": "no date",
}


def nowhere(_: str) -> SourceSpan | None:
    """No place in a spec."""
    return None


class TableReader:
    """The file of a table, whose header is read at once and whose columns on demand.

    `types` are the types of columns that are known, by the names of `type_name`, and `contracts`
    what columns must hold; the types of others are found by a look at the cells. `places` tells
    where the spec speaks of a column. `given` are columns in memory, and `path` what messages call
    them. Raises DataError where the file cannot be read.
    """

    def __init__(
        self,
        source: TableSource,
        path: Path,
        types: Mapping[str, str] | None = None,
        contracts: Contracts = NO_CONTRACTS,
        places: Places = nowhere,
        given: FormatReader | None = None,
    ) -> None:
        require_polars()
        self.source, self.path, self.contracts, self.places = source, path, contracts, places
        self.state = () if given else file_state(path)
        self._columns: FormatReader = given or TABLES[source].open(source, path)
        self.names: list[str] = list(self._columns.names)
        known = {name: column_type(type_) for name, type_ in (types or {}).items()}
        stated = {name: one.column_type for name, one in contracts.items() if one.column_type}
        self.types: dict[str, ColumnType] = {**known, **stated}
        self._gone: Mapping[str, str] = {}  # names in the file that are no more, and why

    def select(self, columns: Mapping[str, str], gone: Mapping[str, str]) -> Self:
        """A reader of some columns of the file, {name: name in the file}, in that order.

        `gone` says of names in the file why they are none here.
        """
        reader = copy(self)
        reader._columns = SelectedColumns(self._columns, columns)  # noqa: SLF001
        reader.names, reader._gone = list(columns), gone  # noqa: SLF001
        return reader

    def read(
        self, names: Sequence[str], required: Sequence[str] = (), parts: PartsOf = MemoryParts
    ) -> Table:
        """Read some columns, which are there; a DataError where there are no rows.

        `parts` gives what keeps the parts of a column, in memory or in a file. A cell of a
        `required` column must not be missing. A row that breaks a rule is an error, or left out
        where the source says so.
        """
        names = list(dict.fromkeys(names))
        types = {name: self.types[name] for name in names if name in self.types}
        raw = self._columns.read(names, types, parts)
        if self.state and file_state(self.path) != self.state:
            message = f"{visible(self.path.name)} has changed while it was read"
            raise DataError(message, "try again when it is complete")
        table = Table(self._arrays(raw), _table_file(self.path.name, raw.lines))
        if not table.rows and not raw.ragged:
            raise DataError(f"{visible(self.path.name)} has no rows")
        broken = list(self._violations(table, raw, types, required))
        if self.source.on_error == "error":
            require_none(broken, table.file, self.places)
            return table
        return self._without_refused(table, raw, broken)

    @property
    def frame(self) -> pl.LazyFrame:
        """All columns as polars has them, unchecked, for a summary of a file."""
        return self._columns.scan(self.types)

    def absent(self, names: Iterable[str]) -> list[str]:
        """The names that are no column; one of them where another separator hides them all."""
        found = [name for name in dict.fromkeys(names) if name not in self.names]
        return found[:1] if self._other_separator() else found

    def missing_column(self, name: str) -> Problem:
        """The problem that there is no column of a name."""
        message = f"{visible(self.path.name)} has no column {quoted(name)}"
        return Problem(message, None, lambda: self._missing_hint(name))

    def _missing_hint(self, name: str) -> str:
        """What to do where there is no column of a name: mostly it is another word's."""
        if separator := self._other_separator():
            return f"it has one column alone; write separator: {json.dumps(separator)}"
        return self._gone.get(name) or did_you_mean(name, self.names)

    def _other_separator(self) -> str:
        """The separator in the name of the only column of a CSV file; "" where there is none."""
        only = self.names[0] if len(self.names) == 1 and isinstance(self.source, Csv) else ""
        return next((one for one in _SEPARATORS if one in only), "")

    def _arrays(self, raw: RawTable) -> dict[str, Array]:
        """The columns as arrays; a DataError, at each column, where one holds what none can."""
        arrays, problems = dict[str, Array](), list[Problem]()
        for name, column in raw.columns.items():
            try:
                arrays[name] = as_array(column.values)
            except DataError as error:
                problems += [problem.at(self.places(name)) for problem in error.problems]
        if problems:
            raise DataError(problems)
        return arrays

    def _violations(
        self,
        table: Table,
        raw: RawTable,
        types: Mapping[str, ColumnType],
        required: Sequence[str],
    ) -> Iterator[Violation]:
        """The cells that are not of their type, break their contract, or are missing targets."""
        wrong = {name: dict(column.invalid) for name, column in raw.columns.items()}
        for name, texts in wrong.items():
            if texts:
                yield _not_of_type(name, texts, types[name])
        yield from violations(table.columns, self.contracts, table.file, wrong)
        for name in required:
            yield from missing_cells(name, table.columns[name], wrong[name])

    def _without_refused(self, table: Table, raw: RawTable, broken: Sequence[Violation]) -> Table:
        """The table without the rows that break a rule."""
        found = refusals(broken, table.file)
        keep = kept_rows(table.rows, list(found))
        ragged = [
            Refusal(f"{visible(table.file.name)}:{line}", reason) for line, reason in raw.ragged
        ]
        refused = (*ragged, *found.values())
        if not keep.any():
            message = f"all {len(refused):,} rows of {visible(table.file.name)} are refused"
            raise DataError(f"{message}; {refused[0].place}: {refused[0].reason}")
        if keep.all():
            return table._replace(refused=refused)
        kept = np.flatnonzero(keep)
        lines = np.array([table.file.line(row) for row in kept.tolist()])
        columns = {name: column[kept] for name, column in table.columns.items()}
        return Table(columns, table.file._replace(lines=lines), refused)


def file_state(path: Path) -> tuple[int, ...]:
    """Size, time of change and inode of a file; a DataError where there is none or it is empty."""
    if path.is_dir():
        raise DataError(f"{quoted(str(path))} is a folder")
    if not path.is_file():  # also keeps a named pipe from being waited for
        raise DataError(f"there is no file {quoted(str(path))}")
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
    except OSError as error:
        raise DataError(f"{quoted(str(path))} cannot be read: {system_message(error)}") from None
    if not found.st_size:
        raise DataError(f"{visible(path.name)} is empty")
    return found.st_size, found.st_mtime_ns, found.st_ino


def _not_of_type(name: str, texts: Mapping[int, str], wanted: ColumnType) -> Violation:
    """The violation that cells are not of the type of their column."""
    what = _WANTED[wanted.name]
    if wanted.format:
        what = f"{what} in the format {wanted.format}"
    rows = np.array(sorted(texts), np.int64)
    return Violation(name, rows, lambda row: f"{quoted(texts[row])} is {what}")


def _table_file(name: str, lines: Array | None) -> TableFile:
    """The file, without the lines of rows that follow each other."""
    if lines is None or not len(lines):
        return TableFile(name)
    first = int(lines[0])
    if np.array_equal(lines, np.arange(first, first + len(lines))):
        return TableFile(name, first)
    return TableFile(name, first, lines)
