"""New rows of a table in a file: the columns that a fitted preprocessing needs, in their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nnspec.backends.arrays import Array, Arrays
from nnspec.components.sources.tables import Csv, Feather, Ndjson, Parquet, TableSource
from nnspec.data.column_types import is_missing
from nnspec.data.invalid_values import InvalidSourceValueError
from nnspec.data.row_origin import RowOrigin, TableFile
from nnspec.data.tables.reading import TableReader
from nnspec.data.tables.recorded_types import cast
from nnspec.errors import DataError, visible
from nnspec.options.tensor_spec import TEXT

_FORMATS: dict[str, type[TableSource]] = {
    ".csv": Csv, ".parquet": Parquet, ".ndjson": Ndjson, ".jsonl": Ndjson,
    ".feather": Feather, ".arrow": Feather,
}  # fmt: skip
_COMPRESSED = (".gz", ".zst")

Types = Mapping[str, str]  # names of `type_name` by column


class NewRows(NamedTuple):
    """Columns of new rows; `targets` is None where the file lacks one of their columns."""

    inputs: Arrays
    targets: Arrays | None
    origin: RowOrigin
    unused: tuple[str, ...] = ()  # columns of the file that are neither

    @property
    def unlabelled(self) -> int:
        """Number of rows of which a target is missing."""
        missing = [is_missing(column) for column in (self.targets or {}).values()]
        return int(sum(missing[1:], start=missing[0]).astype(bool).sum()) if missing else 0


def table_format(path: Path, source: TableSource) -> TableSource:
    """The source of another file than that of `source`, whose options it has in the same format.

    The suffix tells the format; a DataError where it is not known.
    """
    known = source.files(Path())["training"]
    format_ = _FORMATS.get(_suffix(path))
    if isinstance(source, format_ or type(source)) and (format_ or path.suffix == known.suffix):
        return source.replace(path=str(path), test=None)
    if format_ is None:
        hint = "it is a .csv, .parquet, .ndjson or .feather file"
        raise DataError(f"the suffix of {visible(path.name)} tells no format of a table", hint)
    return format_.model_validate({"path": str(path)})


def file_of(path: Path, source: TableSource) -> TableFile:
    """What messages say of a file of new rows."""
    from nnspec.data.registry import TABLES

    return TableFile(path.name, TABLES[table_format(path, source)].first_row)


def read_new_rows(path: Path, source: TableSource, inputs: Types, targets: Types) -> NewRows:
    """Read the columns of a file of new rows, whose targets may lack; other columns are ignored.

    Raises DataError where the file cannot be read, an input has no column, or a value is of
    another type, then with its line.
    """
    types = {**targets, **inputs}
    reader = TableReader(table_format(path, source), path, dict.fromkeys(types, TEXT))
    _require(reader, inputs)
    labels = targets if all(name in reader.names for name in targets) else {}
    columns = _read(reader, [*inputs, *labels], types)
    unused = tuple(name for name in reader.names if name not in types)
    return NewRows(
        {name: columns[name] for name in inputs},
        {name: columns[name] for name in labels} if labels else None,
        RowOrigin(table=reader.file),
        unused,
    )


def _require(reader: TableReader, names: Iterable[str]) -> None:
    problems = [reader.missing_column(name) for name in names if name not in reader.names]
    if problems:
        raise DataError(problems)


def _read(reader: TableReader, names: Sequence[str], types: Types) -> dict[str, Array]:
    frame = reader.frame.select(list(dict.fromkeys(names))).collect()
    if not len(frame):
        raise DataError(f"{visible(reader.path.name)} has no rows")
    found = {}
    for name in frame.columns:
        try:
            found[name] = cast(frame[name], types[name])
        except InvalidSourceValueError as error:
            raise error.of(RowOrigin(table=reader.file), name) from None
    return found


def _suffix(path: Path) -> str:
    """The suffix that tells the format, below that of a compression."""
    name = Path(path.stem) if path.suffix.lower() in _COMPRESSED else path
    return name.suffix.lower()
