"""Which source reads a file, by its name, and how a CSV file separates its cells."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

from nnspec.components.sources.tables import Csv, Feather, Ndjson, Parquet, TableSource
from nnspec.data.tables.reading import file_state
from nnspec.errors import DataError, quoted, visible

TABLE_SUFFIXES: dict[str, type[TableSource]] = {
    ".csv": Csv,
    ".csv.gz": Csv,
    ".tsv": Csv,
    ".tsv.gz": Csv,
    ".parquet": Parquet,
    ".ndjson": Ndjson,
    ".jsonl": Ndjson,
    ".feather": Feather,
    ".arrow": Feather,
}
ARRAYS_SUFFIX = ".npz"
SUFFIXES = (*TABLE_SUFFIXES, ARRAYS_SUFFIX)
_SEPARATORS = ",;\t|"
_HEADER_BYTES = 1 << 20


class DataFile(NamedTuple):
    """A table in a file, the kind of its source, and options that are not the default."""

    path: Path
    source: type[TableSource]
    separator: str = ","

    def read_source(self) -> TableSource:
        """The source that reads the file, by its absolute path."""
        path = str(self.path.absolute())
        if self.source is Csv:
            return Csv(path=path, separator=self.separator)
        return self.source(path=path)


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
    return DataFile(path, source, _separator(path) if source is Csv else ",")


def _separator(path: Path) -> str:
    """The character that stands most often in the header; a DataError where it is no header."""
    header = _header(path)
    separator = max(_SEPARATORS, key=header.count)
    cells = [cell.strip().strip('"') for cell in header.split(separator)]
    if all(map(_is_number, cells)):
        shown = ", ".join(cells[:3]) + (", ..." if len(cells) > 3 else "")
        message = f"the first line of {visible(path.name)} names no columns: {visible(shown)}"
        raise DataError(message, "write a line with the names of the columns above it")
    return separator if separator in header else ","


def _header(path: Path) -> str:
    """The first line of a file; a DataError where it is no text."""
    is_gzip = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path, "rb") if is_gzip else path.open("rb") as file:
            return file.readline(_HEADER_BYTES).decode("utf-8-sig").strip()
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        message = f"cannot read {visible(path.name)}: {visible(str(error))}"
        raise DataError(message, "a table is text in UTF-8, perhaps compressed with gzip") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell or "0")
    except ValueError:
        return False
    return True
