"""A spec for a table: its file is read, its target chosen, its text written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnspec.data.tables.polars_errors import polars_errors, require_polars
from nnspec.data.tables.reading import TableReader
from nnspec.errors import DataError, visible
from nnspec.scaffold.column_roles import ColumnRole, roles_of
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.data_files import DataFile, stem_of, table_file
from nnspec.scaffold.spec_request import SpecDraft, SpecRequest
from nnspec.scaffold.table_draft import TableDraft
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


def draft_of_tables(tables: TablePair, request: SpecRequest) -> SpecDraft:
    """A spec for a table; a DataError where it cannot be read, or has nothing to learn."""
    train = summaries_of(tables.train)
    roles = roles_of(train)
    file = tables.train.path.name
    if len(roles) < 2:
        raise DataError(f"{visible(file)} has one column alone: there is nothing to learn from")
    target = _target(file, roles, request)
    test = summaries_of(tables.test) if tables.test else []
    lacking = _lacking(train, test) if tables.test else ()
    used = tables._replace(test=None) if lacking else tables
    columns = roles_of(_together(train, test)) if used.test else roles
    unlabelled = sum(one.summary.missing for one in columns if one.name == target.column.name)
    source = _source(used, request, skips=unlabelled > 0)
    name = stem_of(tables.train.path)
    draft = TableDraft.of(file, name, source, bool(used.test), columns, target)
    notes = _notes(tables, target, lacking)
    return SpecDraft(table_spec(draft), notes)


def summaries_of(file: DataFile) -> list[ColumnSummary]:
    """A summary of each column of a file; a DataError where it cannot be read."""
    require_polars()
    with polars_errors(file.path.name, file.source.kind):
        return summarise(TableReader(file.read_source(), file.path))


def _target(file: str, roles: Sequence[ColumnRole], request: SpecRequest) -> Target:
    """The target that is named, or chosen of all columns, or guessed."""
    if request.target is not None:
        return named_target(file, roles, request.target)
    guess = guessed_target(file, roles)
    if request.choose is None:
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
    options = {"path": path}
    if tables.test:
        options["test"] = request.written(tables.test.path)
    if tables.train.separator != ",":
        options["separator"] = tables.train.separator
    if skips:
        options["on_error"] = "skip"
    return {kind: options if len(options) > 1 else path}


def _notes(tables: TablePair, target: Target, lacking: Sequence[str]) -> tuple[str, ...]:
    """What was guessed of the target, and why a test file is not used."""
    notes = list[str]()
    if target.reason != "named by --target":
        guess = f"the target is {visible(target.column.name)}, {target.reason}"
        notes.append(f"{guess}; --target names another")
    if tables.test and lacking:
        name = visible(tables.test.path.name)
        notes.append(f"{name} is no test: it has no column {visible(lacking[0])}")
    return tuple(notes)
