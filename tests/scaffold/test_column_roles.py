"""The roles of columns, by what they hold."""

from __future__ import annotations

import pytest

from nnspec.scaffold.column_roles import is_identifier
from tests.scaffold.tables import houses, roles

ROWS = 40


def role(tmp_path, name, values):
    """The role and reason of one column beside another one."""
    found = roles(tmp_path, {name: values, "other": [n / 2 for n in range(len(values))]})
    return found[name].role, found[name].reason


def test_a_table_with_all_of_them(tmp_path):
    found = roles(tmp_path, houses())
    assert {name: one.role for name, one in found.items()} == {
        "id": "dropped", "area": "numbers", "rooms": "numbers", "city": "categories",
        "built": "dates", "country": "dropped", "price": "numbers",
    }  # fmt: skip
    assert found["id"].reason == "identifies each row"
    assert found["country"].reason == "is the same in each row"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([""] * ROWS, ("dropped", "holds no value")),
        (["7", *[""] * (ROWS - 1)], ("dropped", f"holds a value in 1 of {ROWS} rows only")),
        (list(range(100, 100 + ROWS)), ("dropped", "counts the rows")),
        ([2 * n for n in range(ROWS)], ("numbers", "")),
        ([1.5, "inf"] * 20, ("dropped", "holds inf, from which nothing can be computed")),
        (["true", "false"] * (ROWS // 2), ("numbers", "")),
        (["a", "b"] * (ROWS // 2), ("categories", "")),
        ([f"2024-01-{1 + n % 9:02}" for n in range(ROWS)], ("dates", "")),
        ([f"person {n}" for n in range(ROWS)],
         ("dropped", f"{ROWS} different texts in {ROWS} rows tell little apart")),
        ([f"a long story of day {n}" for n in range(ROWS)], ("text", "free text")),
    ],
)  # fmt: skip
def test_a_column(tmp_path, values, expected):
    assert role(tmp_path, "x", values) == expected


def test_many_categories_are_hashed(tmp_path):
    assert role(tmp_path, "x", [f"k{n % 60}" for n in range(240)])[0] == "hashed"


def test_identifiers_that_recur(tmp_path):
    assert role(tmp_path, "store_id", [n % 5 for n in range(ROWS)])[0] == "categories"
    found = roles(tmp_path, {"customerId": [n // 2 for n in range(200)], "x": list(range(200))})
    assert (found["customerId"].role, found["customerId"].is_group) == ("dropped", True)


@pytest.mark.parametrize(
    "name", ["id", "ID", "user_id", "userId", "PassengerID", "index", "", "key"]
)
def test_names_of_identifiers(name):
    assert is_identifier(name)


@pytest.mark.parametrize("name", ["paid", "width", "humid", "indexes", "grid", "idea"])
def test_other_names(name):
    assert not is_identifier(name)
