"""The columns that a data section names, and the rows of inputs and targets that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.components.sources.tables import TableSource
from nnspec.data.column_patterns import expand, is_pattern
from nnspec.data.metadata import metadata_paths
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.preprocessing.tables import check_table, column_groups
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import RawSplits, Refusal, Rows
from nnspec.data.tables.raw_table import FormatReader
from nnspec.data.tables.reading import TableReader
from nnspec.data.tables.renaming import renamed, renamed_training
from nnspec.data.tables.table import Table
from nnspec.errors import DataError, Problem, SourceSpan
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import column_names, column_path, has_columns
from nnspec.spec.document import Spec

Types = Mapping[str, str]  # names of `type_name` by column


class Selection(NamedTuple):
    """Names of the columns of inputs and targets, and of others that splits and weights need."""

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    metadata: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Data, header: Sequence[str], metadata: Sequence[str] = ()) -> Selection:
        """The columns that a data section names, patterns of them expanded by a table's header.

        `metadata` are columns that other sections name.
        """
        sides = column_names(data.inputs), column_names(data.targets)
        named = [name for side in (*sides, metadata) for name in side if not is_pattern(name)]
        inputs, targets = (tuple(expand(side, header, named)) for side in sides)
        return cls(inputs, targets, tuple(metadata))

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        return list(dict.fromkeys(name for names in self for name in names))

    def groups(self, spec: Spec) -> list[tuple[str, ...]]:
        """The input columns that steps get together."""
        lists = column_groups(spec, "inputs", self.inputs).values()
        return [one.names for groups in lists for one in groups]

    def held_by(self, header: Sequence[str]) -> Selection:
        """The same columns without those of the metadata that a table of test rows lacks."""
        return self._replace(metadata=tuple(name for name in self.metadata if name in header))

    def rows(self, table: Table) -> Rows:
        """The rows of a table whose columns have been read."""
        inputs = {name: table.columns[name] for name in self.inputs}
        targets, metadata = (
            {name: np.asarray(table.columns[name]) for name in names}
            for names in (self.targets, self.metadata)
        )
        return Rows(inputs, targets, RowOrigin(table=table.file), metadata)


OpenPart = Callable[[str, Types], TableReader]  # a part, and the known types of its columns


def read_tables(spec: Spec, source: TableSource) -> RawSplits:
    """Read the columns that the data section names, of the training and the test file."""
    data = require_columns(spec, source)
    parts = list(source.files(spec.folder))
    (train, *test), refused = read_parts(spec, data, parts, partial(_reader, spec, data, source))
    return RawSplits(train, test[0] if test else None, refused)


def read_parts(
    spec: Spec, data: Data, parts: Sequence[str], open_part: OpenPart
) -> tuple[list[Rows], tuple[Refusal, ...]]:
    """Read the columns that the data section names, of the training rows and then other parts."""
    train, selection = _training(spec, data, open_part)
    contracts = data.columns or {}
    read = partial(_stored, selection.groups(spec)) if data.stream else TableReader.read
    table = read(train, [*selection.names, *contracts], selection.targets)
    rows, refused = [selection.rows(table)], table.refused
    check_table(spec, rows[0])
    for part in parts[1:]:
        reader, of_part = _other(spec, data, open_part, part, selection, table.types)
        held = [name for name in contracts if name in reader.names]
        other = read(reader, [*of_part.names, *held], of_part.targets)
        rows, refused = [*rows, of_part.rows(other)], (*refused, *other.refused)
    return rows, refused


def check_names(spec: Spec, source: TableSource) -> None:
    """Raise DataError, at each name, where a file lacks columns; the headers alone are read."""
    data = require_columns(spec, source)
    open_part = partial(_reader, spec, data, source)
    _, selection = _training(spec, data, open_part)
    if "test" in source.files(spec.folder):
        _other(spec, data, open_part, "test", selection, {})


def _training(spec: Spec, data: Data, open_part: OpenPart) -> tuple[TableReader, Selection]:
    """The reader of the training rows, and the columns that the data section names in them."""
    train = renamed_training(spec, data, open_part("training", {}))
    selection = Selection.of(data, train.names, list(metadata_paths(spec)))
    _check_names(spec, train, [*selection.names, *(data.columns or {})])
    return train, selection


def _other(
    spec: Spec, data: Data, open_part: OpenPart, part: str, selection: Selection, types: Types
) -> tuple[TableReader, Selection]:
    """The reader of a part besides the training rows, and which of the columns it needs."""
    reader = renamed(data, open_part(part, types))
    needed = selection.held_by(reader.names)
    _check_names(spec, reader, needed.names)
    return reader, needed


def _reader(spec: Spec, data: Data, source: TableSource, part: str, types: Types) -> TableReader:
    """A reader of the file of a part, which knows where the spec speaks of columns."""
    return table_reader(spec, data, source, source.files(spec.folder)[part], types)


def table_reader(
    spec: Spec, data: Data, source: TableSource, path: Path, types: Types,
    given: FormatReader | None = None,
) -> TableReader:  # fmt: skip
    """A reader of a file, or of columns in memory, which knows where the spec speaks of columns."""
    places = partial(_column_place, spec)
    return TableReader(source, path, types, data.columns or {}, places, given)


def _stored(
    groups: Sequence[Sequence[str]], reader: TableReader, names: Sequence[str],
    required: Sequence[str],
) -> Table:  # fmt: skip
    from nnspec.data.streaming.column_store import stored_table  # few tables are streamed

    return stored_table(reader, names, required, groups)


def require_columns(spec: Spec, source: TableSource) -> Data:
    """The data section; a DataError unless it says which columns are inputs and targets."""
    data = require_data(spec)
    for side in ("inputs", "targets"):
        if not has_columns(getattr(data, side)):
            message = f"{source.kind} is a table: say which columns are {side}"
            place = spec.locate_key("data", side) or spec.locate_key("data", "source")
            raise DataError(Problem(message, place, f"write {side}: {{columns: [...]}}"))
    return data


def _check_names(spec: Spec, reader: TableReader, names: Sequence[str]) -> None:
    """Raise DataError, at each name, where a table lacks columns."""
    problems = [
        reader.missing_column(name).at(_column_place(spec, name)) for name in reader.absent(names)
    ]
    if problems:
        raise DataError(problems)


def _column_place(spec: Spec, name: str) -> SourceSpan | None:
    """Where the data section says what a column must hold, or names it."""
    data = require_data(spec)
    if data.columns and name in data.columns:
        return spec.locate_key("data", "columns", name)
    for side in ("inputs", "targets"):
        steps = getattr(data, side)
        if name in column_names(steps):
            return spec.locate(*column_path(steps, ("data", side), name))
    path = metadata_paths(spec).get(name)
    return spec.locate(*path) if path else None
