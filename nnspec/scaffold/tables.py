"""A spec for a table: its file is read, its target chosen, its text written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnspec.data.tables.polars_errors import polars_errors, require_polars
from nnspec.errors import DataError, visible
from nnspec.scaffold.column_roles import ColumnRole, roles_of
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.csv_options import repaired
from nnspec.scaffold.data_files import DataFile, stem_of, table_file
from nnspec.scaffold.spec_request import SpecDraft, SpecRequest
from nnspec.scaffold.table_draft import TableDraft
from nnspec.scaffold.table_notes import table_notes
from nnspec.scaffold.table_spec import table_spec
from nnspec.scaffold.table_summary import summarise
from nnspec.scaffold.target_choice import Target, guessed_target, named_target


class TablePair(NamedTuple):
    """A table of training rows, and one of test rows where there is a file of them."""

    train: DataFile
    test: DataFile | None = None

    @classmethod
    def of(cls, train: DataFile) -> TablePair:
        """A table, with the file beside it whose name has `test` in the place of `train`."""
        path = train.path
        other = path.with_name(path.name.replace("train", "test"))
        has_test = other != path and other.is_file()
        return cls(train, table_file(other) if has_test else None)

    def read_alike(self, train: DataFile) -> TablePair:
        """Both tables with the options of one of them."""
        test = self.test and self.test._replace(layout=train.layout, units=train.units)
        return TablePair(train, test)


def draft_of_tables(tables: TablePair, request: SpecRequest) -> SpecDraft:
    """A spec for a table; a DataError where it cannot be read, or has nothing to learn."""
    train_file, train = read_columns(tables.train)
    tables = tables.read_alike(train_file)
    roles = roles_of(train)
    file = tables.train.path.name
    if len(roles) < 2:
        raise DataError(f"{visible(file)} has one column alone: there is nothing to learn from")
    target = _target(file, roles, request)
    test = _columns_alike(tables.test) if tables.test else []
    lacking = _lacking(train, test) if tables.test else ()
    used = tables._replace(test=None) if lacking else tables
    columns = roles_of(_together(train, test)) if used.test else roles
    unlabelled = sum(one.summary.missing for one in columns if one.name == target.column.name)
    source = _source(used, request, skips=unlabelled > 0)
    reasons = [
        *train_file.layout.reasons,
        *(["rows without the target are left out"] * bool(unlabelled)),
    ]
    name = stem_of(tables.train.path)
    draft = TableDraft.of(file, name, source, tuple(reasons), bool(used.test), columns, target)
    notes = (*_notes(tables, target, lacking), *table_notes(draft))
    return SpecDraft(table_spec(draft), notes)


def read_columns(file: DataFile) -> tuple[DataFile, list[ColumnSummary]]:
    """A file with the options that its cells call for, and a summary of each column; a DataError
    where it cannot be read.
    """
    require_polars()
    with polars_errors(file.path.name, file.source.kind):
        file, frame = repaired(file)
        return file, summarise(frame, file)


def _columns_alike(file: DataFile) -> list[ColumnSummary]:
    """A summary of each column of a file that is read as it says."""
    with polars_errors(file.path.name, file.source.kind):
        return summarise(file.frame, file)


def _target(file: str, roles: Sequence[ColumnRole], request: SpecRequest) -> Target:
    """The target that is named, or chosen of all columns, or guessed."""
    if request.target is not None:
        return named_target(file, roles, request.target)
    guess = guessed_target(file, roles)
    if request.choose is None or guess.is_certain:
        return guess
    name = request.choose([one.name for one in roles], guess.column.name)
    return guess if name == guess.column.name else named_target(file, roles, name)


def _lacking(train: Sequence[ColumnSummary], test: Sequence[ColumnSummary]) -> tuple[str, ...]:
    """The columns of the training rows that the test rows lack."""
    names = {one.name for one in test}
    return tuple(one.name for one in train if one.name not in names)


def _together(train: Sequence[ColumnSummary], test: Sequence[ColumnSummary]) -> list[ColumnSummary]:
    """The training rows' summaries, in which what the test rows miss is counted as missing too."""
    missing = {one.name: one.missing for one in test}
    return [one._replace(missing=one.missing + missing[one.name]) for one in train]


def _source(tables: TablePair, request: SpecRequest, *, skips: bool) -> dict[str, Any]:
    """The source as the spec has it: the path alone where there is nothing else to say."""
    kind, path = tables.train.source.kind, request.written(tables.train.path)
    options: dict[str, Any] = {"path": path, **tables.train.layout.options}
    if tables.test:
        options["test"] = request.written(tables.test.path)
    if skips:
        options["on_error"] = "skip"
    return {kind: options if len(options) > 1 else path}


def _notes(tables: TablePair, target: Target, lacking: Sequence[str]) -> tuple[str, ...]:
    """What was guessed of the target, and why a test file is not used."""
    notes = list[str]()
    if target.reason != "named by --target":
        guess = f"the target is {visible(target.column.name)}, {target.reason}"
        notes.append(f"{guess}{target.passed_over}; --target names another")
    if tables.test and lacking:
        name = visible(tables.test.path.name)
        notes.append(f"{name} is no test: it has no column {visible(lacking[0])}")
    return tuple(notes)
