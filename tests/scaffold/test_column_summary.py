"""What the columns of a table hold, against what is written into the file."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

from nnspec.scaffold.data_files import table_file
from nnspec.scaffold.tables import read_columns


def summaries(path):
    return {one.name: one for one in read_columns(table_file(path))[1]}


def test_every_row_counts(tmp_path):
    """A type holds for the whole file, be its first 5,000 rows all whole numbers."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "1,2\n" * 5000 + "1.5,x\n" * 2000)
    found = summaries(path)
    assert (found["a"].kind, found["a"].is_whole, found["b"].kind) == ("numbers", False, "text")
    assert found["b"].counts == {"2": 5000, "x": 2000}


def test_missing_values_of_each_kind(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("n,t,d\n1,a,2024-01-01\nNA,,\n2.5,b,2024-01-02\n")
    assert [one.missing for one in summaries(path).values()] == [1, 1, 1]
    frame = pl.DataFrame({"f": [1.0, float("nan"), None], "e": ["", "x", None]})
    frame.write_parquet(tmp_path / "data.parquet")
    found = summaries(tmp_path / "data.parquet")
    assert [(one.missing, one.distinct) for one in found.values()] == [(2, 1), (2, 1)]


def test_whole_numbers_written_with_a_point(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1.0,1\n2.0,2\n1.0,3\n")
    assert summaries(path)["a"].is_whole
    assert summaries(path)["a"].counts == {1.0: 2, 2.0: 1}


@pytest.mark.parametrize("suffix", ["parquet", "ndjson", "feather", "csv.gz"])
def test_every_format(tmp_path, suffix):
    frame = pl.DataFrame({"x": [1, 2, 3], "y": ["a", "b", "a"]})
    path = tmp_path / f"data.{suffix}"
    write = {"parquet": "write_parquet", "ndjson": "write_ndjson", "feather": "write_ipc"}
    if suffix == "csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        getattr(frame, write[suffix])(path)
    found = summaries(path)
    assert (found["x"].least, found["x"].greatest) == (1, 3)
    assert found["y"].counts == {"a": 2, "b": 1}


def test_columns_that_nnspec_does_not_read(tmp_path):
    pl.DataFrame({"x": [[1], [2]], "y": [1, 2]}).write_parquet(tmp_path / "data.parquet")
    assert summaries(tmp_path / "data.parquet")["x"].kind is None


@pytest.mark.parametrize(
    ("texts", "format_"),
    [
        (["2012/01/31", "", "2013/02/01"], "%Y/%m/%d"),
        (["31.01.2012", "1.2.2013"], "%d.%m.%Y"),
        (["1/31/2012", "12/1/2013"], "%m/%d/%Y"),
        (["31/1/2012", "1/12/2013"], "%d/%m/%Y"),
        (["2012-01-31", "2013-02-01"], None),
    ],
)
def test_dates_that_are_written_otherwise(tmp_path, texts, format_):
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["d,x", *(f"{text},1" for text in texts)]))
    found = summaries(path)["d"]
    assert (found.kind, found.format) == ("dates", format_)
    assert f"{found.least:%Y-%m-%d}" == "2012-01-31"


def test_texts_of_which_one_is_no_date(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("d,x\n2012/01/31,1\n2012/02/31,1\nlast day,1\n")
    assert summaries(path)["d"].kind == "text"
