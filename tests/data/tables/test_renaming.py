"""Columns of a table that are dropped and renamed, and what is wrong with their names."""

import pytest

from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.reading import read_rows
from nnspec.errors import DataError, SpecError
from nnspec.spec.loader import build
from tests.small_runs import rows

pytest.importorskip("polars")
TABLE = "age,income,note,tmp_a,tmp_b,price\n20,1.5,x,y,z,3\n30,2,x,y,z,4\n"


def spec(folder, **data):
    (folder / "homes.csv").write_text(TABLE)
    (folder / "test.csv").write_text("age,income,price\n20,1.5,3\n")
    source = {"csv": {"path": str(folder / "homes.csv"), "test": str(folder / "test.csv")}}
    sides = {"inputs": {"columns": "*"}, "targets": {"columns": "price"}}
    return build(rows() | {"data": {"source": source, **sides, **data}})


def test_dropped_columns_are_gone_before_patterns_are_looked_up(tmp_path):
    train, test, _ = read_rows(spec(tmp_path, drop=["note", "tmp_*"]))
    assert list(train.inputs) == list(test.inputs) == ["age", "income"]


def test_columns_are_called_by_their_new_names(tmp_path):
    swapped = {"age": "income", "income": "age"}
    changed = spec(tmp_path, drop=["note", "tmp_*"], rename=swapped)
    train, test, _ = read_rows(changed)
    assert train.inputs["income"].tolist() == [20, 30]
    assert test.inputs["age"].tolist() == [1.5]
    assert FittedPreprocessing.fit(changed, train).inputs[""].names == ["income", "age"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"drop": ["nope"]}, "homes.csv has no column 'nope'"),
        ({"drop": ["zzz_*"]}, r"has no column 'zzz_\*'"),
        ({"rename": {"agee": "x"}}, "has no column 'agee' .did you mean 'age'"),
        ({"rename": {"age": "price"}}, "has a column 'price' already"),
        ({"inputs": {"columns": "note"}, "drop": ["note"]}, "'note' .drop takes it out"),
        ({"inputs": {"columns": "age"}, "rename": {"age": "x"}}, "'age' .rename calls it 'x'"),
    ],
)
def test_names_that_are_not_there_are_told(tmp_path, data, message):
    with pytest.raises(DataError, match=message):
        read_rows(spec(tmp_path, **data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"drop": ["age"], "rename": {"age": "x"}}, "'age' is dropped"),
        ({"rename": {"age": "x", "income": "x"}}, "'x' is the name of two columns"),
        ({"rename": {"age": "x*"}}, "stands for any characters"),
        ({"drop": []}, "at least 1"),
    ],
)
def test_lists_that_contradict_themselves_are_refused(tmp_path, data, message):
    with pytest.raises(SpecError, match=message):
        spec(tmp_path, **data)


def test_a_source_of_arrays_has_no_columns():
    values = rows()
    values["data"]["drop"] = ["age"]
    with pytest.raises(DataError, match="rows is no table"):
        read_rows(build(values))
