"""Matrices in files, their columns, and columns of several side by side."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.streaming import column_files, file_bytes, paged_matrix
from nnspec.data.streaming.paged_matrix import PagedMatrix
from nnspec.data.streaming.stacked_columns import MatrixColumn, StackedColumns, stack_columns
from nnspec.data.streaming.stored_array import StoredArray

SELECTIONS = [slice(None), slice(3, 3), slice(2, 9), slice(4, 8), np.array([9, 0, 4])]


class InMemory(StoredArray):
    def __init__(self, values):
        self.values, self.dtype, self.shape = values, values.dtype, values.shape

    def read(self, start, stop):
        return self.values[start:stop]


def matrix(folder, columns=3, rows=10, name="m"):
    values = np.random.default_rng(columns).normal(size=(rows, columns))
    stored = PagedMatrix(folder / name, values.dtype, values.shape)
    stored.write(InMemory(values))
    return stored, values


@pytest.fixture(params=[4, 10, 100, 1])  # rows of a page of three columns
def page(request, monkeypatch):
    monkeypatch.setattr(paged_matrix, "_PAGE", request.param * 3 * 8)


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("rows", SELECTIONS)
def test_rows_and_columns_are_those_that_were_written(tmp_path, rows):
    stored, values = matrix(tmp_path)
    assert np.array_equal(stored[rows], values[rows])
    assert np.array_equal(MatrixColumn(stored, 1)[rows], values[rows, 1])


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("rows", SELECTIONS)
def test_columns_of_several_matrices_are_stacked_in_their_order(tmp_path, rows):
    (one, first), (other, second) = matrix(tmp_path), matrix(tmp_path, 2, name="n")
    alone = InMemory(np.arange(10))
    columns = [MatrixColumn(one, 2), alone, MatrixColumn(other, 1), MatrixColumn(one, 0), alone]
    wanted = np.stack([first[:, 2], alone.values, second[:, 1], first[:, 0], alone.values], axis=1)
    stacked = stack_columns([column[rows] for column in columns])
    assert (stacked.shape, stacked.dtype) == (wanted[rows].shape, np.float64)
    assert np.array_equal(stacked, wanted[rows])


def test_stacked_columns_of_several_types_have_the_type_of_all():
    stacked = StackedColumns([InMemory(np.arange(10.0)), InMemory(np.arange(10))])
    assert np.asarray(stacked[2:4]).tolist() == [[2.0, 2.0], [3.0, 3.0]]


def test_rows_that_are_selected_of_all_columns_are_read_at_once(tmp_path, monkeypatch):
    def counted(file, offset, count):
        read.append(count)
        return file_bytes.read_at(file, offset, count)

    read = []
    stored, values = matrix(tmp_path, 5, 1000)
    monkeypatch.setattr(column_files, "read_at", counted)
    first, second = np.arange(0, 1000, 2), np.array([7, 2, 400])
    columns = [MatrixColumn(stored, number)[first][second][:2] for number in range(5)]
    assert np.array_equal(stack_columns(columns), values[[14, 4]])
    assert read == [5 * 1000 * 8]  # a page
