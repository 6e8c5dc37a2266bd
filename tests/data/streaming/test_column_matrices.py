"""Columns of a group that have one type lie side by side in one file."""

from __future__ import annotations

import numpy as np

from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.streaming.column_files import open_column, open_writer
from nnspec.data.streaming.column_matrices import open_columns, write_matrices

DATES = np.array(["2026-01-01", "NaT"] * 5, dtype=DATE_TYPE)
COLUMNS = {
    "a": np.arange(10) / 4,
    "b": np.arange(10) / 8,
    "c": np.arange(10),
    "d": np.arange(10) + 3,
    "e": np.array(list("abcdefghij"), TEXT_TYPE),
    "f": np.array(list("ABCDEFGHIJ"), TEXT_TYPE),
    "g": np.arange(10) / 2,
    "h": np.arange(10) % 2 == 0,
    "i": DATES,
    "j": DATES[::-1],
}
FILES = {"0.matrix": "ab", "1.matrix": "cd", "2.matrix": "ij"}


def stored(folder, values, number):
    path = folder / f"{number}.column"
    writer = open_writer(path, values.dtype)
    writer.write(values)
    writer.close()
    return open_column(path, values.dtype, len(values))


def test_columns_are_those_that_were_written(tmp_path):
    files = {name: stored(tmp_path, values, n) for n, (name, values) in enumerate(COLUMNS.items())}
    groups = [["a", "c", "b", "d", "e", "f", "h"], ["g"], ["i", "a", "j", "g"]]
    places = write_matrices(tmp_path, files, groups)
    for file, names in FILES.items():
        assert [places[name].number for name in names if places[name].file == file] == [0, 1]
    found = open_columns(tmp_path, places)
    assert list(found) == list(COLUMNS)
    for name, values in COLUMNS.items():
        assert found[name].dtype == values.dtype
        assert list(map(str, np.asarray(found[name]))) == list(map(str, values))
    assert len(list(tmp_path.iterdir())) == 3 + 2 + 4  # matrices, others, the ends of texts
