"""Reading of a text as the file of a table, in tests."""

from __future__ import annotations

import pytest

from nnspec.components.sources.tables import Csv
from nnspec.data.tables.reading import TableReader
from nnspec.errors import DataError
from nnspec.spec.column_contracts import ColumnContract


def read_file(
    path, wanted=None, *, source=Csv, types=None, contracts=None, required=(), **options
):  # fmt: skip
    """The table in a file; by default all columns."""
    found = {n: ColumnContract.model_validate(one) for n, one in (contracts or {}).items()}
    reader = TableReader(source(path=str(path), **options), path, types, found)
    return reader.read(wanted or reader.names, required)


def columns(table):
    """The columns as lists; text and dates as texts, missing numbers as None."""
    return {name: [plain(value) for value in array] for name, array in table.columns.items()}


def plain(value):
    value = value if isinstance(value, str) else value.item()
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return None if value != value else value
    return None if value is None else value.isoformat()


def refusal(read):
    """The messages with which a read is refused."""
    with pytest.raises(DataError) as caught:
        read()
    return [problem.message for problem in caught.value.problems]
