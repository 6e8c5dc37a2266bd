"""Parquet, Arrow and lines of JSON: types of columns, and files that are none."""

from __future__ import annotations

import datetime

import pytest

from nnspec.components.sources.tables import Feather, Ndjson, Parquet
from tests.data.tables.reading_files import columns, read_file, refusal

pl = pytest.importorskip("polars")
WRITERS = {Parquet: pl.DataFrame.write_parquet, Feather: pl.DataFrame.write_ipc}


@pytest.fixture
def table():
    when = datetime.datetime(2020, 1, 1, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    return pl.DataFrame({
        "whole": [1, None], "kind": ["a", "b"], "when": [when, None], "nested": [[1], [2]],
        "price": ["1.50", None], "small": [1.5, 2.5],
    }).with_columns(
        pl.col("kind").cast(pl.Categorical), pl.col("price").cast(pl.Decimal(10, 2)),
        pl.col("small").cast(pl.Float32), pl.col("whole").cast(pl.UInt64),
    )  # fmt: skip


@pytest.mark.parametrize("source", WRITERS)
def test_types(tmp_path, table, source):
    path = tmp_path / "h[1].parquet"  # no pattern
    WRITERS[source](table, path)
    assert columns(read_file(path, ["whole", "kind", "when", "price", "small"], source=source)) == {
        "whole": [1.0, None], "kind": ["a", "b"], "when": ["2020-01-01T08:00:00", None],
        "price": [1.5, None], "small": [1.5, 2.5],
    }  # fmt: skip
    (message,) = refusal(lambda: read_file(path, ["nested"], source=source))
    assert message.startswith("the column 'nested' holds values of the type List")


@pytest.mark.parametrize("source", WRITERS)
def test_damaged_files(tmp_path, table, source):
    path = tmp_path / "h.parquet"
    WRITERS[source](table, path)
    whole = path.read_bytes()
    for data in (whole[:-20], b"a,b\n1,2\n1,2\n1,2\n"):
        path.write_bytes(data)
        (message,) = refusal(lambda: read_file(path, source=source))
        assert message.startswith("h.parquet cannot be read as ")
        assert "\n" not in message
    path.write_bytes(b"")
    assert refusal(lambda: read_file(path, source=source)) == ["h.parquet is empty"]


def test_types_that_a_contract_states(tmp_path):
    path = tmp_path / "h.parquet"
    pl.DataFrame({"code": [7.0, None], "age": ["3", "old"], "b": [1, 0]}).write_parquet(path)
    contracts = {"code": "text", "b": "boolean", "age": "integer"}
    found = read_file(path, ["code", "b"], source=Parquet, contracts=contracts)
    assert columns(found) == {"code": ["7", ""], "b": [True, False]}
    assert refusal(lambda: read_file(path, ["age"], source=Parquet, contracts=contracts)) == [
        "h.parquet:2:age: 'old' is no whole number"
    ]


def test_lines_of_json(tmp_path):
    path = tmp_path / "h[1]*.ndjson"  # no pattern
    path.write_text('{"a": 1, "b": "x"}\n\n{"a": 2.5}\n', encoding="utf-8")
    assert columns(read_file(path, source=Ndjson)) == {"a": [1.0, 2.5], "b": ["x", ""]}


BAD = {
    '{"a": 1}\n{"a":\n': "h.ndjson:2: the line is no JSON (Expecting value)",
    '{"a": 1}\n[1]\n': "h.ndjson:2: the line is no JSON object",
    '{"a": 1}\n{"a": true}\n': (
        "h.ndjson:2:a: 'true' is true or false, and the values above are a number"
    ),
    "\n": "h.ndjson is empty",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_lines_that_are_none(tmp_path, text):
    path = tmp_path / "h.ndjson"
    path.write_text(text, encoding="utf-8")
    assert refusal(lambda: read_file(path, source=Ndjson)) == [BAD[text]]
