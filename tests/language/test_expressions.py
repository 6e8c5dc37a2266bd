from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.language.expressions import ExpressionError, UnknownNameError, evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 // 2", 3),
        ("7 / 2", 3.5),
        ("7 % 4", 3),
        ("2 ** 10", 1024),
        ("-n", -5),
        ("+n", 5),
        ("n", 5),
        (" n ", 5),
        ("2 ** -1", 0.5),
        ("list", [1]),
        ("text", "t"),
        ("0.5 * n", 2.5),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert evaluate(text, {"n": 5, "list": [1], "text": "t"}) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 +",
        "f(1)",
        "n.real",
        "n[0]",
        "[1]",
        "'a'",
        "True",
        "None",
        "1 if n else 2",
        "lambda: 1",
        "(n := 1)",
        "n < 1",
        "not n",
        "~n",
        "n @ n",
        "1 << 2",
        "1j",
        "f'{n}'",
        "n, n",
        "*n",
        "import os",
        "__import__('os')",
        "1or 2",
        "9" * 201,
        "2 ** 63",
        "2 ** 9999",
        "10 ** 10 ** 10",
        "1e999",
        "9223372036854775808",
        "1 / 0",
        "1 % 0",
        "0 ** -1",
        "(-8) ** 0.5",
        "1e308 * 10.0",
        "inf * 0",
        "nan + 1",
        "inf",
        "text + 1",
        "list * 2",
        "truth + 1",
        "\0",
        "n\nn",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    names = {"n": 5, "list": [1], "text": "t", "truth": True, "inf_": 1, "nan": float("nan")}
    with pytest.raises(ExpressionError):
        evaluate(text, names)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UnknownNameError) as caught:
        evaluate("a + width", {"a": 1})
    assert caught.value.args == ("width",)


@given(st.text("0123456789+-*/%().en _x", max_size=60))
def test_any_text_gives_a_bounded_number_or_is_refused(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = evaluate(text, {"n": 3, "x": 0.5})
        except ExpressionError:
            return
    assert abs(value) < 2.0**63
