"""New rows of a table in a file: the columns that a fitted preprocessing needs, in their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nnspec.backends.arrays import Arrays
from nnspec.components.sources.tables import (
    Csv,
    Feather,
    Ndjson,
    Parquet,
    TableFileSource,
    TableSource,
)
from nnspec.data.column_types import is_missing
from nnspec.data.row_origin import RowOrigin
from nnspec.data.tables.reading import TableReader
from nnspec.data.tables.renaming import renamed
from nnspec.data.tables.table import Table
from nnspec.data.tables.violations import SKIP_HINT
from nnspec.errors import DataError, Problem, visible
from nnspec.spec.column_contracts import Contracts
from nnspec.spec.data_section import Data

_FORMATS: dict[str, type[TableFileSource]] = {
    ".csv": Csv, ".parquet": Parquet, ".ndjson": Ndjson, ".jsonl": Ndjson,
    ".feather": Feather, ".arrow": Feather,
}  # fmt: skip
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")

Types = Mapping[str, str]  # names of `type_name` by column


class NewRows(NamedTuple):
    """Columns of new rows; `targets` is None where the file lacks one of their columns, or has a
    cell in them that is no target: then `targets_problem` says which.
    """

    inputs: Arrays
    targets: Arrays | None
    origin: RowOrigin
    unused: tuple[str, ...] = ()  # columns of the file that are neither
    targets_problem: str = ""

    @property
    def unlabelled(self) -> int:
        """Number of rows of which a target is missing."""
        missing = [is_missing(column) for column in (self.targets or {}).values()]
        return int(sum(missing[1:], start=missing[0]).astype(bool).sum()) if missing else 0


def table_format(path: Path, source: TableSource) -> TableSource:
    """The source of another file than that of `source`, whose options it has in the same format.

    The suffix tells the format; a DataError where it is not known.
    """
    format_ = _FORMATS.get(_suffix(path))
    if isinstance(source, TableFileSource) and _has_format(source, path, format_):
        return source.replace(path=str(path), test=None, on_error="error")
    if format_ is None:
        hint = "it is a .csv, .parquet, .ndjson or .feather file"
        raise DataError(f"the suffix of {visible(path.name)} tells no format of a table", hint)
    return format_.model_validate({"path": str(path)})


def _has_format(source: TableFileSource, path: Path, format_: type[TableFileSource] | None) -> bool:
    """Whether a file is of the format of a source, by its suffix."""
    if format_ is None:
        return path.suffix == source.files(Path())["training"].suffix
    return isinstance(source, format_)


def read_new_rows(
    path: Path, source: TableSource, data: Data, inputs: Types, targets: Types
) -> NewRows:
    """Read the columns of a file of new rows, whose targets may lack or be wrong: rows can be
    predicted without them. Other columns are ignored.

    `source` is that of `data`, which says what columns are called and hold.

    Raises DataError where the file cannot be read, an input has no column, a value is of another
    type or breaks the contract of its column, then with its line.
    """
    types = {**targets, **inputs}
    contracts = _of_new_rows(data.columns or {}, types)
    reader = renamed(data, TableReader(table_format(path, source), path, types, contracts))
    _require(reader, inputs)
    labels = targets if all(name in reader.names for name in targets) else {}
    problem = ""
    try:
        table = _read(reader, [*inputs, *labels])
    except DataError as error:
        table, labels, problem = _read(reader, list(inputs)), {}, error.problems[0].message
    unused = tuple(name for name in reader.names if name not in types)
    return NewRows(
        {name: table.columns[name] for name in inputs},
        {name: table.columns[name] for name in labels} if labels else None,
        RowOrigin(table=table.file),
        unused,
        problem,
    )


def _of_new_rows(contracts: Contracts, types: Types) -> Contracts:
    """The contracts of some columns, of which new rows may lack cells and repeat others."""
    return {
        name: one.replace(missing=True, unique=False)
        for name, one in contracts.items()
        if name in types
    }


def _require(reader: TableReader, names: Iterable[str]) -> None:
    problems = [reader.missing_column(name) for name in reader.absent(names)]
    if problems:
        raise DataError(problems)


def _read(reader: TableReader, names: Sequence[str]) -> Table:
    """Some columns, whose rows are all needed."""
    try:
        return reader.read(names)
    except DataError as error:
        raise DataError(_without_skipping(problem) for problem in error.problems) from None


def _without_skipping(problem: Problem) -> Problem:
    """A problem of a row, which cannot be left out: each has a prediction."""
    if problem.hint != SKIP_HINT:
        return problem
    return Problem(problem.message, problem.where, "", problem.code)


def _suffix(path: Path) -> str:
    """The suffix that tells the format, below that of a compression."""
    name = Path(path.stem) if path.suffix.lower() in _COMPRESSED else path
    return name.suffix.lower()
