"""Contracts of columns: what breaks them, and contracts that are written from a table."""

from __future__ import annotations

import pytest

from nnspec.data.reading import read_rows
from nnspec.data.tables.contract_inference import contract_of, plain_contract
from nnspec.errors import DataError
from nnspec.spec.column_contracts import ColumnContract
from nnspec.spec.loader import build
from tests.data.tables.reading_files import columns, read_file, refusal

TEXT = """age,city,id,day
130,Taipei,1,31.12.2020
5,Tainan,2,1.1.2021
-1,,1,2.1.2021
x,Taipei,3,32.1.2021
150,Taipei,4,1.1.2019
7,Taipei,5,1.1.2021
"""
CONTRACTS = {
    "age": {"type": "number", "minimum": 0, "maximum": 120},
    "city": {"type": "category", "values": ("Taipei", "Hualien"), "missing": False},
    "id": {"unique": True},
    "day": {"type": "date", "format": "%d.%m.%Y", "minimum": "2020-01-01"},
}


def test_each_rule_is_told_at_its_first_row(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text(TEXT, encoding="utf-8")
    assert refusal(lambda: read_file(path, contracts=CONTRACTS)) == [
        "h.csv:5:age: 'x' is no number",
        "h.csv:5:day: '32.1.2021' is no date in the format %d.%m.%Y",
        "h.csv:4:age: -1 is less than the minimum, 0",
        "h.csv:2:age: 130 is more than the maximum, 120 (and 1 more row)",
        "h.csv:4:city: the cell is empty, and the contract forbids it",
        "h.csv:3:city: 'Tainan' is none of the values Taipei, Hualien",
        "h.csv:4:id: 1 is not unique: it stands in h.csv:2 too",
        "h.csv:6:day: 2019-01-01 is less than the minimum, 2020-01-01",
    ]


@pytest.mark.parametrize("type_", ["number", "integer"])
def test_the_unit_of_a_number_is_not_read(tmp_path, type_):
    path = tmp_path / "h.csv"
    path.write_text("a\n$5\n-$5\n$ -6\n7 $\n8\n$\n€5\n$5x\n", encoding="utf-8")
    contracts = {"a": {"type": type_, "unit": "$"}}
    kept = columns(read_file(path, contracts=contracts, on_error="skip"))
    assert kept["a"] == [5, -5, -6, 7, 8]
    (problem,) = refusal(lambda: read_file(path, contracts=contracts))
    assert problem.startswith("h.csv:7:a: '$' is no ")


def test_a_year_has_four_digits(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("a\n31/12/24\n", encoding="utf-8")
    contracts = {"a": {"type": "date", "format": "%Y/%m/%d"}}
    assert "no date in the format" in refusal(lambda: read_file(path, contracts=contracts))[0]
    kept = columns(read_file(path, contracts={"a": {"type": "date", "format": "%d/%m/%y"}}))
    assert str(kept["a"][0]).startswith("2024-12-31")


def test_rows_that_break_it_can_be_left_out(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text(TEXT, encoding="utf-8")
    found = read_file(path, contracts=CONTRACTS, on_error="skip")
    assert columns(found)["id"] == [5]
    assert [place for place, _ in found.refused] == [
        "h.csv:2:age", "h.csv:3:city", "h.csv:4:age", "h.csv:5:age", "h.csv:6:age",
    ]  # fmt: skip


def test_a_written_contract_is_kept_by_its_table(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text(
        "n,whole,code,kind,day,flag,none,id,word\n"
        "1.5,3,007,a,2020-01-01,true,,11,p\n"
        "2.5,,008,b,2020-01-02,,,12,q\n"
        "-1,5,009,a,2020-01-03,false,,13,r\n"
        "0,5,010,b,2020-01-03,false,,14,s\n",
        encoding="utf-8",
    )
    contracts = {name: contract_of(column) for name, column in read_file(path).columns.items()}
    plain = {name: plain_contract(one) for name, one in contracts.items()}
    assert plain == {
        "n": {"type": "number", "minimum": -1.0, "maximum": 2.5, "missing": False},
        "whole": {"type": "integer", "minimum": 3, "maximum": 5},
        "code": {"type": "text", "unique": True, "missing": False},
        "kind": {"type": "category", "values": ["a", "b"], "missing": False},
        "day": {"type": "date", "minimum": "2020-01-01", "maximum": "2020-01-03", "missing": False},
        "flag": {"type": "boolean"},
        "none": {},
        "id": {"type": "integer", "unique": True, "missing": False},
        "word": {"type": "text", "unique": True, "missing": False},
    }
    assert {n: ColumnContract.model_validate(one) for n, one in plain.items()} == contracts
    read_file(path, contracts=plain)


def test_a_contract_is_for_tables_alone():
    spec = build({
        "data": {
            "source": {"synthetic": {"function": "moons", "rows": 9}}, "columns": {"x": "text"},
        },
        "network": {"layers": [{"dense": 1}], "input_shape": [2]},
    })  # fmt: skip
    assert refusal(lambda: read_rows(spec)) == ["synthetic is no table whose columns have names"]


def test_a_contract_of_a_column_that_the_file_lacks(tmp_path):
    (tmp_path / "h.csv").write_text("age,price\n1,2\n", encoding="utf-8")
    spec = build({
        "data": {
            "source": {"csv": str(tmp_path / "h.csv")},
            "inputs": {"columns": "age"}, "targets": {"columns": "price"},
            "columns": {"agee": "number"},
        },
        "network": {"layers": [{"dense": 1}]},
    })  # fmt: skip
    with pytest.raises(DataError) as caught:
        read_rows(spec)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == ("h.csv has no column 'agee'", "did you mean 'age'?")
