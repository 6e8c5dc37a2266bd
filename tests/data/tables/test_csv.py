"""CSV files: what cells are read as, and messages with lines for what is wrong."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnspec.components.sources.tables import Csv
from nnspec.data.tables import csv_rows, text_pieces
from nnspec.data.tables.reading import TableReader
from nnspec.errors import DataError
from tests.data.tables.reading_files import columns, read_file, refusal

GOOD = {
    "numbers": ("a,b\n1,2.5\n-3,1e3\n", {}, {"a": [1, -3], "b": [2.5, 1000.0]}),
    "missing": ("a,b\n1,NA\n,x\n", {}, {"a": [1.0, None], "b": ["", "x"]}),
    "byte order mark, CRLF, empty lines": (
        "\ufeffa,b\r\n1,x\r\n\r\n2,y\r\n\r\n", {}, {"a": [1, 2], "b": ["x", "y"]},
    ),
    "spaces": (" a , b\n 1, x y\n2 ,z\n", {}, {"a": [1, 2], "b": ["x y", "z"]}),
    "spaces beside quotes": (
        'a, "b" ,"c"\n1,  "x, ""y"" "  , " p"\n "2", z ,"q" \n', {},
        {"a": [1, 2], "b": ['x, "y"', "z"], "c": ["p", "q"]},
    ),
    "quotes": ('a,b\n1,"x, ""y"""\n2,"p\nq"\n', {}, {"a": [1, 2], "b": ['x, "y"', "p\nq"]}),
    "no newline at the end": ("a,b\n1,2", {}, {"a": [1], "b": [2]}),
    "postal codes": ("a,b\n007,0.5\n100,0\n", {}, {"a": ["007", "100"], "b": [0.5, 0.0]}),
    "booleans": ("a,b\ntrue,yes\nFALSE,no\n", {}, {"a": [True, False], "b": ["yes", "no"]}),
    "dates": (
        "a,b\n2020-02-29,2020-01-01T10:00:00+02:00\n2021-01-01,2020-01-01 10:00\n", {},
        {"a": ["2020-02-29T00:00:00", "2021-01-01T00:00:00"],
         "b": ["2020-01-01T08:00:00", "2020-01-01T10:00:00"]},
    ),
    "no dates": ("a,b\n2021-02-29,1.2.20\n", {}, {"a": ["2021-02-29"], "b": ["1.2.20"]}),
    "all missing": ("a,b\n,1\nNA,2\n", {}, {"a": [None, None], "b": [1, 2]}),
    "text among numbers": ("a,b\n1.50,1\noops,2\n", {}, {"a": ["1.50", "oops"], "b": [1, 2]}),
    "commas of thousands are text": ('a,b\n"1,234",1\n', {}, {"a": ["1,234"], "b": [1]}),
    "thousands": ('a,b\n"1,234",1\n5,2\n', {"thousands": ","}, {"a": [1234, 5], "b": [1, 2]}),
    "spaces that are not broken": (
        "a;b\n1\u202f234\u00a0567;1\n",
        {"separator": ";", "thousands": " "},
        {"a": [1234567], "b": [1]},
    ),
    "no thousands": ('a,b\n"1,23",1\n', {"thousands": ","}, {"a": ["1,23"], "b": [1]}),
    "German": (
        "a;b\n1.234,5;2020\n0,5;1.5\n", {"separator": ";", "decimal": ",", "thousands": "."},
        {"a": [1234.5, 0.5], "b": ["2020", "1.5"]},
    ),
    "names": ("1,2\n3,4\n", {"names": ("x", "y")}, {"x": [1, 3], "y": [2, 4]}),
    "lines to skip": ("Report\n\na,b\n1,2\n", {"skip_lines": 1}, {"a": [1], "b": [2]}),
    "quotes as characters": ('a,b\n5" pipe,1\n', {"quote": False}, {"a": ['5" pipe'], "b": [1]}),
    "missing dash": ("a,b\n-,NA\n2,x\n", {"missing": ("-",)}, {"a": [None, 2], "b": ["NA", "x"]}),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD)
def test_cells_are_read_as_what_they_are(tmp_path, case):
    text, options, expected = GOOD[case]
    path = tmp_path / "h.csv"
    path.write_bytes(text.encode())
    assert columns(read_file(path, **options)) == expected


BAD = {
    "too few cells": ("a,b\n1,2\n3\n", {}, "h.csv:3: the row has 1 cell, and there are 2 columns"),
    "too many": ("a,b\n1,2,3\n", {}, "h.csv:2: the row has 3 cells, and there are 2 columns"),
    "a name twice": ("a,b, a\n1,2,3\n", {}, "h.csv:1: columns 1 and 3 are both named 'a'"),
    "no name": ("\na,,b\n1,2,3\n", {}, "h.csv:2: column 2 has no name"),
    "an empty file": ("", {}, "h.csv is empty"),
    "empty lines": ("\n\n", {}, "h.csv is empty"),
    "a header alone": ("a,b\n", {}, "h.csv has no rows"),
    "beyond int64": (
        "a,b\n12345678901234567890,1\n", {},
        "'a' holds 12345678901234567890, beyond whole numbers of 64 bits",
    ),
    "open": ('a,b\n1,2\n"3,4\n', {}, "h.csv:3: a cell that begins with a quote has no end"),
    "a quote inside": ('a,b\n5" x,4" y\n', {}, "h.csv:2: a quote stands inside a cell"),
    "zero bytes": ("a,b\n1,2\nx\0,1\n", {}, "h.csv is no text: line 3 has a zero byte"),
    "Parquet": ("PAR1abc", {}, "h.csv is a Parquet file, not CSV"),
    "carriage returns": (
        "a,b\r1,2\r", {}, r"h.csv:1: no names of columns: its lines end with \r instead of \n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_with_its_line(tmp_path, case):
    text, options, message = BAD[case]
    path = tmp_path / "h.csv"
    path.write_bytes(text.encode())
    assert refusal(lambda: read_file(path, **options)) == [message]


def test_encodings(tmp_path):
    path = tmp_path / "h.csv"
    path.write_bytes("a,b\n1,2\né,3\n".encode("latin-1"))
    assert refusal(lambda: read_file(path)) == ["h.csv:3: the byte 0xe9 is not UTF-8"]
    assert columns(read_file(path, encoding="latin-1"))["a"] == ["1", "é"]
    path.write_bytes("a,b\né,3\n".encode("utf-16"))
    assert refusal(lambda: read_file(path)) == ["h.csv is text in UTF-16, not CSV"]
    assert columns(read_file(path, encoding="utf-16"))["a"] == ["é"]
    assert refusal(lambda: read_file(path, encoding="ascii"))[0] == "h.csv is no text in ascii"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files(tmp_path, compress):
    path = tmp_path / "h.csv.gz"
    packed = compress(b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(1000)))
    path.write_bytes(packed)
    assert columns(read_file(path))["a"] == list(range(1000))
    path.write_bytes(packed[:-12])
    assert refusal(lambda: read_file(path)) == ["h.csv.gz is damaged: ends too early"]


def test_zstd(tmp_path):
    pl = pytest.importorskip("polars")
    path = tmp_path / "h.csv.zst"
    table = pl.DataFrame({"a": [1, 2], "b": ["x\ny", "z"]})
    table.lazy().sink_csv(path, compression="zstd")
    found = read_file(path)
    assert columns(found) == {"a": [1, 2], "b": ["x\ny", "z"]}
    assert [found.file.line(row) for row in (0, 1)] == [2, 4]
    path.write_bytes(path.read_bytes()[:-4])
    (message,) = refusal(lambda: read_file(path))
    assert message.startswith("h.csv.zst cannot be read as text that is compressed with zstd")


def test_rows_that_are_left_out_are_listed(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text('a,b\n1,"p\nq"\n2\n3,\n4,5\n1,2,3\n', encoding="utf-8")
    found = read_file(path, required=["b"], on_error="skip")
    assert columns(found) == {"a": [1, 4], "b": ["p\nq", "5"]}
    assert [found.file.line(row) for row in (0, 1)] == [2, 6]
    assert [f"{place}: {reason}" for place, reason in found.refused] == [
        "h.csv:4: the row has 1 cell, and there are 2 columns",
        "h.csv:7: the row has 3 cells, and there are 2 columns",
        "h.csv:5:b: the target is missing",
    ]


def test_all_rows_left_out_is_an_error(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,b\n1,\n2,\n", encoding="utf-8")
    (message,) = refusal(lambda: read_file(path, required=["b"], on_error="skip"))
    assert message == "all 2 rows of h.csv are refused; h.csv:2:b: the target is missing"


def test_known_types_decide(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,b,c\n7,1,1\n8,true,\n", encoding="utf-8")
    found = read_file(path, types={"a": "text", "b": "bool", "c": "int64"})
    assert columns(found) == {"a": ["7", "8"], "b": [True, True], "c": [1.0, None]}
    path.write_text("a,b\n1,2020-01-01\nx,soon\ny,2020-01-02\n", encoding="utf-8")
    assert refusal(lambda: read_file(path, types={"a": "float64", "b": "date"})) == [
        "h.csv:3:a: 'x' is no number (and 1 more row)",
        "h.csv:3:b: 'soon' is no date",
    ]


_CELL = st.text(st.sampled_from("ab1.,;\"'\n- é"), max_size=5).map(str.strip)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=12), st.integers(10, 60))
def test_what_python_writes_is_read_back(tmp_path, monkeypatch, rows, piece):
    monkeypatch.setattr(text_pieces, "_PIECE", piece)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    lines = []
    for row in [("first", "second"), *rows]:
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    path = tmp_path / "h.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    found = read_file(path, types={"first": "text", "second": "text"}, missing=())
    assert list(zip(*columns(found).values(), strict=True)) == rows
    assert [found.file.line(row) for row in range(len(rows))] == lines[1:]


def test_a_late_text_makes_a_column_text_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(text_pieces, "_PIECE", 64)
    path = tmp_path / "h.csv"
    path.write_text("a,b\n" + "1.50,1\n" * 100 + "oops,2.5\n", encoding="utf-8")
    found = columns(read_file(path))
    assert found["a"] == ["1.50"] * 100 + ["oops"]
    assert found["b"] == [1.0] * 100 + [2.5]


def test_no_files(tmp_path):
    path = tmp_path / "h.csv"
    assert refusal(lambda: read_file(path)) == [f"there is no file {str(path)!r}"]
    assert refusal(lambda: read_file(tmp_path)) == [f"{str(tmp_path)!r} is a folder"]
    os.mkfifo(path)
    assert refusal(lambda: read_file(path)) == [f"there is no file {str(path)!r}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all files")
def test_no_permission(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    path.chmod(0)
    assert "Permission denied" in refusal(lambda: read_file(path))[0]


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    reader = TableReader(Csv(path=str(path)), path)
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    assert refusal(lambda: reader.read(["a"])) == ["h.csv has changed while it was read"]


def test_another_separator_is_proposed(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("age;price\n1;2\n", encoding="utf-8")
    problem = TableReader(Csv(path=str(path)), path).missing_column("age")
    assert problem.hint == 'it has one column alone; write separator: ";"'


def test_polars_may_be_absent(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(DataError) as caught:
        read_file(tmp_path / "h.csv")
    assert caught.value.problems[0].hint == "pip install 'nnspec[tables]'"


def test_a_row_without_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(text_pieces, "_PIECE", 64)
    monkeypatch.setattr(csv_rows, "_LONGEST_ROW", 100)
    path = tmp_path / "h.csv"
    path.write_text('a,b\n1,"' + "x\n" * 999, encoding="utf-8")
    assert refusal(lambda: read_file(path)) == ["h.csv:2: the row has more than 100 bytes"]
