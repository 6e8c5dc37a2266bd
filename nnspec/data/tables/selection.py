"""The columns that a data section names, and the rows of inputs and targets that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from nnspec.components.sources.tables import TableSource
from nnspec.data.column_patterns import expand, is_pattern
from nnspec.data.metadata import metadata_paths
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.preprocessing.tables import check_table, column_groups
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.tables.reading import TableReader
from nnspec.data.tables.renaming import renamed, renamed_training
from nnspec.data.tables.table import Table
from nnspec.errors import DataError, Problem, SourceSpan
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import column_names, column_path, has_columns
from nnspec.spec.document import Spec


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


def read_tables(spec: Spec, source: TableSource) -> RawSplits:
    """Read the columns that the data section names, of the training and the test file."""
    data = require_columns(spec, source)
    train, selection = _training(spec, data, source)
    contracts = data.columns or {}
    read = partial(_stored, selection.groups(spec)) if data.stream else TableReader.read
    table = read(train, [*selection.names, *contracts], selection.targets)
    rows = selection.rows(table)
    check_table(spec, rows)
    if source.test is None:
        return RawSplits(rows, None, table.refused)
    test, of_test = _test(spec, data, source, selection, table.types)
    held = [name for name in contracts if name in test.names]
    other = read(test, [*of_test.names, *held], of_test.targets)
    refused = (*table.refused, *other.refused)
    return RawSplits(rows, of_test.rows(other), refused)


def check_names(spec: Spec, source: TableSource) -> None:
    """Raise DataError, at each name, where a file lacks columns; the headers alone are read."""
    data = require_columns(spec, source)
    _, selection = _training(spec, data, source)
    if source.test is not None:
        _test(spec, data, source, selection, {})


def _training(spec: Spec, data: Data, source: TableSource) -> tuple[TableReader, Selection]:
    """The reader of the training file, and the columns that the data section names in it."""
    train = renamed_training(spec, data, _reader(spec, data, source, "training"))
    selection = Selection.of(data, train.names, list(metadata_paths(spec)))
    _check_names(spec, train, [*selection.names, *(data.columns or {})])
    return train, selection


def _test(
    spec: Spec, data: Data, source: TableSource, selection: Selection, types: Mapping[str, str]
) -> tuple[TableReader, Selection]:
    """The reader of the test file, and which of the columns it needs."""
    test = renamed(data, _reader(spec, data, source, "test", types))
    of_test = selection.held_by(test.names)
    _check_names(spec, test, of_test.names)
    return test, of_test


def _reader(
    spec: Spec, data: Data, source: TableSource, part: str, types: Mapping[str, str] | None = None
) -> TableReader:
    """A reader of the file of a part, which knows where the spec speaks of columns."""
    file, places = source.files(spec.folder)[part], partial(_column_place, spec)
    return TableReader(source, file, types, data.columns or {}, places)


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
