"""Summaries of raw columns, against NumPy's own figures."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.analysis.data_report.classes import class_balances
from nnspec.analysis.data_report.columns import BINS, column_summaries, text_of
from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.rows import Rows


def summary(column):
    (one, _) = column_summaries(Rows({"x": column}, np.arange(len(column))))
    return one


def test_numbers_without_the_missing_ones():
    column = np.array([3.5, np.nan, -1.25, 8.0, np.nan])
    one = summary(column)
    assert (one.side, one.name, one.type, one.shape) == ("inputs", "x", "float64", ())
    assert (one.missing, one.least, one.greatest) == (2, "-1.25", "8")
    assert one.mean == pytest.approx(np.nanmean(column))
    assert one.std == pytest.approx(np.nanstd(column))
    assert len(one.histogram) == BINS
    assert sum(one.histogram) == 3


def test_an_array_of_bytes_in_many_chunks(monkeypatch):
    monkeypatch.setattr("nnspec.analysis.data_report.columns._CHUNK_NUMBERS", 10)
    images = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    one = summary(images)
    assert (one.type, one.shape, one.least, one.greatest) == ("uint8", (4, 4), "0", "31")
    assert one.mean == pytest.approx(images.mean())
    assert one.std == pytest.approx(images.std())
    assert one.categories == ()


def test_few_whole_numbers_are_counted():
    one = summary(np.array([2, 0, 2, 7, 2]))
    assert [(each.value, each.rows) for each in one.categories] == [("2", 3), ("0", 1), ("7", 1)]
    assert summary(np.arange(100)).categories == ()


def test_text_and_dates():
    one = summary(np.array(["b", "", "a", "b"], TEXT_TYPE))
    assert (one.missing, one.distinct) == (1, 2)
    assert [(each.value, each.rows) for each in one.categories] == [("b", 2), ("a", 1)]
    days = np.array(["2020-03-01", "NaT", "2019-01-31T12:30:00"], DATE_TYPE)
    one = summary(days)
    assert (one.missing, one.least, one.greatest) == (1, "2019-01-31T12:30:00", "2020-03-01")


@pytest.mark.parametrize(
    "column", [np.full(3, np.nan), np.array([1e308, -1e308]), np.ones(4), np.array([], float)]
)
def test_numbers_at_the_limits(column):
    one = summary(column)
    assert one.missing == np.isnan(column).sum()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (np.nan, ""), (np.float32(0.1), "0.1"), (True, "True"), (np.int64(7), "7")],
)
def test_cells(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (np.array(["b", "a", "b"], TEXT_TYPE), {"a": 1, "b": 2}),
        (np.array([10, 9, 10]), {"9": 1, "10": 2}),
        (np.eye(3)[[2, 0, 2]], {"0": 1, "1": 0, "2": 2}),
        (np.array([0.5, 1.5, 2.0]), None),
        (np.arange(60), None),
    ],
)
def test_classes_of_each_part(targets, classes):
    rows = Rows(np.zeros((len(targets), 1)), targets).of("training")
    found = [
        dict(zip(one.classes, (count for (count,) in one.counts), strict=True))
        for one in class_balances([rows])
    ]
    assert found == ([] if classes is None else [classes])
    assert not found or list(found[0]) == list(classes)
