"""A column that is text because of a few cells is told by the first of them."""

import pytest

from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.reading import read_rows
from nnspec.errors import DataError
from nnspec.spec.loader import build
from tests.small_runs import rows

pytest.importorskip("polars")
TABLE = """age,income,city,when,price
20,1.5,Rome,2024-01-01,3
abc,2,Paris,2024-02-01,4
30,,,,5
40,1,Oslo,2024-02-01,5
"""


def fitted(folder, **group):
    (folder / "homes.csv").write_text(TABLE)
    source = {"csv": str(folder / "homes.csv")}
    data = {"source": source, "inputs": group, "targets": {"columns": "price"}}
    spec = build(rows() | {"data": data})
    train = read_rows(spec).train
    return FittedPreprocessing.fit(spec, train).apply(train)


@pytest.mark.parametrize(
    ("columns", "steps", "message"),
    [
        ("age", ["standardize"], r"homes.csv:3:age: 'abc' is no number .mend the cell"),
        ("age", [], r"homes.csv:3:age: 'abc' is no number"),
        (["income", "age"], ["impute", "scale"], r"homes.csv:3:age: 'abc' is no number"),
        (["income", "city"], ["impute"], "income holds numbers and city text"),
        ("city", ["standardize"], "standardize takes numbers, not text .one_hot"),
        ("city", ["impute"], "text has no mean"),
        ("city", [{"impute": "most_frequent"}], "no step makes numbers of text"),
        ("when", ["impute"], "no step makes numbers of dates"),
        ("income", ["date_parts"], "date_parts takes dates, not numbers"),
        ("income", ["standardize"], r"homes.csv:4:income: standardize gets nan .*let impute"),
        ("city", ["one_hot"], r"homes.csv:4:city: one_hot gets an empty text .*let impute"),
        ("when", ["date_parts"], r"homes.csv:4:when: date_parts gets no date .*let impute"),
        (["income", "price"], ["impute", {"log": -2}], r"homes.csv:2:income: log gets 1.5"),
    ],
)
def test_what_a_column_holds_is_told_where_it_stands(tmp_path, columns, steps, message):
    with pytest.raises(DataError, match=message):
        fitted(tmp_path, columns=columns, steps=steps)
