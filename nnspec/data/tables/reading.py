"""Reading of columns from the file of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.components.sources.tables import TableSource
from nnspec.data.registry import TABLES
from nnspec.data.row_origin import TableFile
from nnspec.data.tables.columns import polars_type, to_array
from nnspec.data.tables.table import Table
from nnspec.errors import DataError, Problem, did_you_mean, quoted, visible

if TYPE_CHECKING:
    import polars as pl

_INSTALL = "pip install 'nnspec[tables]'"


class TableReader:
    """The file of a table, whose header is read at once and whose columns on demand.

    `types` are the types of columns that are known, by the names of `type_name`; the others are
    found by a look at the cells. Raises DataError where the file cannot be read.
    """

    def __init__(
        self, source: TableSource, path: Path, types: Mapping[str, str] | None = None
    ) -> None:
        rule = TABLES[source]
        self.path, self.file = path, TableFile(path.name, rule.first_row)
        require_polars()
        require_file(path)
        known = {name: polars_type(type_) for name, type_ in (types or {}).items()}
        self.frame: pl.LazyFrame = rule.scan(source, path, known)
        self.names: list[str] = self.frame.collect_schema().names()

    def read(self, names: Sequence[str]) -> Table:
        """Read some columns, which are there; a DataError where there are no rows."""
        frame = self.frame.select(names).collect()
        if not len(frame):
            raise DataError(f"{visible(self.file.name)} has no rows")
        return Table({name: to_array(frame[name]) for name in names}, self.file)

    def missing_column(self, name: str) -> Problem:
        """The problem that there is no column of a name."""
        message = f"{visible(self.file.name)} has no column {quoted(name)}"
        return Problem(message, None, lambda: did_you_mean(name, self.names))


def require_polars() -> None:
    """Raise DataError unless polars is installed."""
    try:
        import polars  # noqa: F401
    except ImportError:
        raise DataError("tables are read by polars, which is not installed", _INSTALL) from None


def require_file(path: Path) -> None:
    """Raise DataError unless there is a file at a path."""
    if path.is_dir():
        raise DataError(f"{quoted(str(path))} is a folder")
    if not path.is_file():  # also keeps a named pipe from being waited for
        raise DataError(f"there is no file {quoted(str(path))}")
