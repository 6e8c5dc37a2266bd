"""Which source reads a file, by its name, with which options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.components.sources.tables import Csv, Feather, Ndjson, Parquet, TableFileSource
from nnspec.data.tables.reading import TableReader, file_state
from nnspec.errors import DataError, quoted
from nnspec.scaffold.csv_layout import CsvLayout, csv_layout
from nnspec.spec.column_contracts import ColumnContract, Contracts

if TYPE_CHECKING:
    import polars as pl

TABLE_SUFFIXES: dict[str, type[TableFileSource]] = {
    ".csv": Csv,
    ".csv.gz": Csv,
    ".tsv": Csv,
    ".tsv.gz": Csv,
    ".txt": Csv,
    ".tab": Csv,
    ".parquet": Parquet,
    ".ndjson": Ndjson,
    ".jsonl": Ndjson,
    ".feather": Feather,
    ".arrow": Feather,
}
ARRAYS_SUFFIX = ".npz"
SUFFIXES = (*TABLE_SUFFIXES, ARRAYS_SUFFIX)
_NO_UNITS: Mapping[str, str] = MappingProxyType({})


class DataFile(NamedTuple):
    """A table in a file, the kind of its source, the options of a CSV file, and units of numbers
    by column.
    """

    path: Path
    source: type[TableFileSource]
    layout: CsvLayout = CsvLayout({})
    units: Mapping[str, str] = _NO_UNITS

    def read_source(self) -> TableFileSource:
        """The source that reads the file, by its absolute path."""
        return self.source.model_validate(
            {"path": str(self.path.absolute()), **self.layout.options}
        )

    @property
    def has_decimal_comma(self) -> bool:
        """Whether it writes 1,5 for one and a half, as most who write the day first do."""
        return self.layout.options.get("decimal") == ","

    @property
    def frame(self) -> pl.LazyFrame:
        """All columns."""
        return TableReader(self.read_source(), self.path, None, self.contracts).frame

    @property
    def contracts(self) -> Contracts:
        """What is known of columns before they are read."""
        return {name: ColumnContract(type="number", unit=one) for name, one in self.units.items()}

    def with_options(self, options: dict[str, Any], *reasons: str) -> DataFile:
        """The file with more options."""
        return self._replace(layout=self.layout.with_options(options, *reasons))


def suffix_of(path: Path) -> str:
    """The known suffix of a file's name, such as `.csv.gz`; "" where it has none."""
    name = path.name.lower()
    return next((one for one in sorted(SUFFIXES, key=len)[::-1] if name.endswith(one)), "")


def stem_of(path: Path) -> str:
    """The name of a file without its suffix, or that of a folder."""
    return path.name[: len(path.name) - len(suffix_of(path))] or path.name


def table_file(path: Path) -> DataFile:
    """The table in a file; a DataError where there is none, or where it is empty or unknown."""
    file_state(path)
    source = TABLE_SUFFIXES.get(suffix_of(path))
    if source is None:
        known = ", ".join(SUFFIXES)
        raise DataError(f"{quoted(path.name)} has no suffix of a known format", f"known: {known}")
    return DataFile(path, source, csv_layout(path) if source is Csv else CsvLayout({}))
