"""The numbers of values, against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.value_numbers import value_numbers


@pytest.mark.parametrize("length", [1, 15, 16, 40])
def test_texts_of_any_length(length):
    texts = ["é" * length + str(number * 7 % 60) for number in range(60)]
    rows = [texts[number * 11 % 60] for number in range(500)]
    column = np.array([*rows, "unknown", ""], dtype=TEXT_TYPE)
    assert value_numbers(texts, column).tolist() == [*map(texts.index, rows), 60, 60]


def test_numbers():
    column = np.array([3.0, 0.5, np.nan, 1.0, 7.0])
    assert value_numbers([1, 0.5, 3], column).tolist() == [2, 1, 3, 0, 3]
    assert value_numbers([False, True], np.array([True, False])).tolist() == [1, 0]
    assert value_numbers([1], np.array([], np.int64)).tolist() == []
