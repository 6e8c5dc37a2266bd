from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.streaming.column_files import open_column, open_writer
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.data.streaming.temporary_array import TemporaryArray

ROWS = 5000


class Counting(StoredArray):
    """Numbers that count how many rows were read."""

    def __init__(self, rows=ROWS, width=3):
        self.values = np.arange(rows * width).reshape(rows, width)
        self.dtype, self.shape, self.rows_read = self.values.dtype, self.values.shape, 0

    def read(self, start, stop):
        self.rows_read += stop - start
        return self.values[start:stop]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, ROWS - 1), max_size=30),
    st.integers(-ROWS, ROWS),
    st.integers(-ROWS, ROWS),
)
def test_selections_are_those_of_numpy(numbers, start, stop):
    stored = Counting()
    chosen = np.array(numbers, np.int64)
    for whole, view in [(stored.values, stored), (stored.values[start:stop], stored[start:stop])]:
        assert np.array_equal(np.asarray(view), whole)
        if len(whole):
            assert np.array_equal(view[-1], whole[-1])
        inside = chosen[chosen < len(whole)]
        assert np.array_equal(np.asarray(view[inside]), whole[inside])
        assert np.array_equal(np.asarray(view[inside][:3]), whole[inside][:3])
        assert view[inside].shape == whole[inside].shape


def test_selecting_reads_nothing_and_a_slice_reads_itself_alone():
    stored = Counting()
    view = stored[100:200][np.arange(10, 20)]
    assert stored.rows_read == 0
    np.asarray(view)
    assert stored.rows_read == 10


def test_far_numbers_are_read_apart():
    stored = Counting(1_000_000, 1)
    np.asarray(stored[np.array([5, 999_990, 7])])
    assert stored.rows_read < 1000


@pytest.mark.parametrize(
    "column",
    [
        np.arange(100) * 0.1,
        np.arange(100),
        np.arange(100) % 3 == 0,
        np.array(["", "台北", 'a,"b"\n'] * 30 + [""] * 10, dtype=TEXT_TYPE),
        np.array(["2026-01-01", "NaT"] * 50, dtype=DATE_TYPE),
    ],
    ids=lambda column: column.dtype.kind,
)
def test_a_column_in_a_file_is_the_column(tmp_path, column):
    writer = open_writer(tmp_path / "0.column", column.dtype)
    for part in (column[:33], column[33:34], column[34:34], column[34:]):
        writer.write(part)
    writer.close()
    stored = open_column(tmp_path / "0.column", column.dtype, len(column))
    assert stored.dtype == column.dtype
    for part in (slice(None), slice(30, 40), slice(5, 5), np.array([99, 0, 34])):
        found = np.asarray(stored[part])
        assert list(map(str, found.tolist())) == list(map(str, column[part].tolist()))


@pytest.mark.parametrize("most", [3, 1 << 20])  # bytes that a call of the system reads
def test_an_array_in_a_temporary_file_is_the_array(tmp_path, monkeypatch, most):
    pread = os.pread
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "pread", lambda fd, count, at: pread(fd, min(count, most), at))
    rows = np.arange(60, dtype=np.int16).reshape(10, 3, 2)
    stored = TemporaryArray(rows.shape, rows.dtype)
    for part in (rows[:4], rows[4:4], rows[4:]):
        stored.append(part)
    for part in (slice(None), slice(3, 5), slice(5, 5), np.array([9, 0, 4])):
        assert np.array_equal(stored[part], rows[part])
    assert list((tmp_path / "cache").iterdir()) == []


def test_large_rows_that_are_not_selected_are_not_read_along():
    stored = Counting(100, 1000)
    np.asarray(stored[np.array([5, 7, 6, 50])])
    assert stored.rows_read == 4
    np.asarray(stored[np.array([5, 7])])
    assert stored.rows_read == 6
