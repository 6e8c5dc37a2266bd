"""Rules of the table sources: each opens a file, of which the names of the columns are read."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.components.sources.given import Frame, ungiven
from nnspec.components.sources.tables import Csv, Feather, Ndjson, Parquet
from nnspec.data.registry import TableRule
from nnspec.data.tables.cells import NumberFormat
from nnspec.data.tables.column_parts import MemoryParts, converter
from nnspec.data.tables.csv_table import CsvTable
from nnspec.data.tables.json_lines import check_lines
from nnspec.data.tables.polars_errors import polars_errors
from nnspec.data.tables.raw_table import Convert, ConvertedCells, PartsOf, RawTable
from nnspec.errors import DataError
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl


_BLOCK_ROWS = 1 << 16


class ScannedTable:
    """Columns of a file that polars scans; only those that are needed are read.

    `explain` is called where polars cannot read the file; it may raise a better error.
    """

    def __init__(
        self,
        name: str,
        what: str,
        scan: Callable[[], pl.LazyFrame],
        explain: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self.what, self.explain = name, what, explain
        with self._errors():
            self.frame = scan()
            self.names = self.frame.collect_schema().names()

    def read(
        self, names: Sequence[str], types: Mapping[str, ColumnType], parts: PartsOf = MemoryParts
    ) -> RawTable:
        """Read columns, some of them as given types, the others as the file has them."""
        found = {name: parts(name, _converter(types.get(name))) for name in names}
        with self._errors():
            blocks = self.frame.select(names).collect_batches(chunk_size=_BLOCK_ROWS)
            for block in blocks:
                for name, one in found.items():
                    one.add(block[name])
        return RawTable({name: one.column(name) for name, one in found.items()})

    def scan(self, _: Mapping[str, ColumnType]) -> pl.LazyFrame:
        """All columns, in the types that the file has."""
        return self.frame

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with polars_errors(self.name, self.what):
                yield
        except DataError:
            self.explain()
            raise


def _converter(wanted: ColumnType | None) -> Convert:
    """The conversion of a file's own values to a type; none where it has no other."""
    return ConvertedCells if wanted is None else converter(wanted, NumberFormat())


def _parquet(_: Parquet, path: Path) -> ScannedTable:
    import polars as pl

    return ScannedTable(path.name, "Parquet", lambda: pl.scan_parquet(path, glob=False))


def _feather(_: Feather, path: Path) -> ScannedTable:
    import polars as pl

    return ScannedTable(path.name, "an Arrow file", lambda: pl.scan_ipc(path, glob=False))


def _ndjson(_: Ndjson, path: Path) -> ScannedTable:
    import polars as pl

    def scan() -> pl.LazyFrame:
        return pl.scan_ndjson(glob.escape(str(path)), infer_schema_length=None)

    return ScannedTable(path.name, "lines of JSON", scan, lambda: check_lines(path))


def _frame(_: Frame, __: Path) -> ScannedTable:
    raise ungiven("frame")


def _csv(source: Csv, path: Path) -> CsvTable:
    return CsvTable(source, path)


csv = TableRule(_csv, first_row=2)
feather = TableRule(_feather)
frame = TableRule(_frame)
ndjson = TableRule(_ndjson)
parquet = TableRule(_parquet)
