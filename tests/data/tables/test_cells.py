"""Types of a column's cells, found by a look at all of them."""

import datetime

import polars as pl
import pytest

from nnspec.data.tables.cells import NumberFormat, inferred

UTC = datetime.datetime(2023, 12, 31, 16, 30)


@pytest.mark.parametrize("zone", ["+08:00", "+0800"])
@pytest.mark.parametrize("seconds", ["", ":00", ":00.000"])
@pytest.mark.parametrize("mark", ["T", " "])
def test_a_time_with_a_zone_is_that_of_utc(zone, seconds, mark):
    text = f"2024-01-01{mark}00:30{seconds}{zone}"
    assert inferred(pl.Series([text, None]), NumberFormat()).to_list() == [UTC, None]
