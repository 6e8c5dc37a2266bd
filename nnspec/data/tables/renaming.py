"""The columns of a table without those that a data section drops, by the names that it gives."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.data.column_patterns import matching
from nnspec.data.tables.reading import TableReader
from nnspec.errors import DataError, Problem, did_you_mean, quoted, visible
from nnspec.spec.data_section import Data
from nnspec.spec.document import Spec


def renamed_training(spec: Spec, data: Data, reader: TableReader) -> TableReader:
    """A reader of the training file's columns that are not dropped, by their new names.

    Raises DataError, at each name, for columns that it lacks and for names that it has already.
    """
    problems = list(_problems(spec, data, reader))
    if problems:
        raise DataError(problems)
    return renamed(data, reader)


def renamed(data: Data, reader: TableReader) -> TableReader:
    """A reader of the columns of a file that are not dropped, by their new names."""
    if not data.drop and not data.rename:
        return reader
    names, dropped = data.rename or {}, set(matching(data.drop or (), reader.names))
    kept = [name for name in reader.names if name not in dropped]
    gone = dict.fromkeys(dropped, "drop takes it out")
    gone |= {name: f"rename calls it {quoted(new)}" for name, new in names.items()}
    return reader.select({names.get(name, name): name for name in kept}, gone)


def _problems(spec: Spec, data: Data, reader: TableReader) -> Iterator[Problem]:
    """What is wrong with the names of `drop` and `rename`, as a file's columns are called."""
    for number, name in enumerate(data.drop or ()):
        if not matching([name], reader.names):
            yield reader.missing_column(name).at(spec.locate("data", "drop", number))
    names, dropped = data.rename or {}, matching(data.drop or (), reader.names)
    for old, new in names.items():
        if old not in reader.names:
            message = f"{visible(reader.path.name)} has no column {quoted(old)}"
            hint = did_you_mean(old, reader.names)
            yield Problem(message, spec.locate_key("data", "rename", old), hint)
        elif new in reader.names and new not in {*names, *dropped}:
            message = f"{visible(reader.path.name)} has a column {quoted(new)} already"
            hint = "drop it, rename it too, or take another name"
            yield Problem(message, spec.locate("data", "rename", old), hint)
