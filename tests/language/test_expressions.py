from __future__ import annotations

import time
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.language.expressions import MAX_LENGTH, UnknownNameError, evaluate
from nnspec.language.operations import ExpressionError

NAMES = {
    "n": 5, "half": 0.5, "list": [1, 2, 3], "text": "same", "yes": True, "nothing": None,
    "stage": {"filters": 64, "name": "a"}, "nested": [[1, [2]], {"k": [3]}], "empty": [],
    "infinite": float("inf"), "unordered": float("nan"), "one": 1, "big": 2**62,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 // 2", 3),
        ("7 / 2", 3.5),
        ("7 % 4", 3),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("10 ** -30", 1e-30),
        ("-n", -5),
        ("+n", 5),
        (" n ", 5),
        ("0.5 * n", 2.5),
        ("list", [1, 2, 3]),
        ("text", "same"),
        ("nothing", None),
        ("'a'", "a"),
        ('"a"', "a"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("None", None),
        ("[]", []),
        ("[n, 'a', [true]]", [5, "a", [True]]),
        ("n == 5", True),
        ("n == 5.0", True),
        ("n != 5", False),
        ("n == '5'", False),
        ("n == nothing", False),
        ("one == yes", False),
        ("list == [1, 2.0, 3]", True),
        ("list == [1, 2]", False),
        ("[yes] == [1]", False),
        ("nested == nested", True),
        ("stage == stage", True),
        ("1 < n <= 5", True),
        ("5 > n >= 5", False),
        ("'a' < 'b'", True),
        ("unordered < 1", False),
        ("2 in list", True),
        ("yes in [1]", False),
        ("4 not in list", True),
        ("'filters' in stage", True),
        ("'am' in text", True),
        ("yes and n > 3", True),
        ("not yes or n > 3", True),
        ("false and 1 / 0 > 1", False),
        ("true or 1 / 0 > 1", True),
        ("1 if yes else 1 / 0", 1),
        ("'a' if n < 3 else 'b' if n < 9 else 'c'", "b"),
        ("list[0]", 1),
        ("list[-1]", 3),
        ("list[n - 4]", 2),
        ("stage['filters']", 64),
        ("nested[0][1][0]", 2),
        ("nested[-1]['k'][0]", 3),
        ("[1, 2][0]", 1),
        ("len(list)", 3),
        ("len(text) + len(stage)", 6),
        ("min(list)", 1),
        ("max(1, n, half)", 5),
        ("min([n, 2])", 2),
        ("round(2.5)", 2),
        ("round(2.567, 1)", 2.6),
        ("round(1234, -2)", 1200),
        ("floor(-0.5)", -1),
        ("ceil(0.2)", 1),
        ("int(-2.7)", -2),
        ("abs(-n)", 5),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = evaluate(text, NAMES)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "f(1)", "n.real", "list[0:1]", "lambda: 1", "(n := 1)", "~n", "n @ n",
        "1 << 2", "1j", "f'{n}'", "b'a'", "n, n", "*n", "[*list]", "import os", "{}", "{n}",
        "{1: 2}", "...", "[i for i in list]", "__import__('os')", "min(*list)", "min(list, key=1)",
        "text.upper()", "(min)(1, 2)()", "len", "n is n", "1or 2", "await n", "yield n", "\0",
        "n\nn", "a=1", "exec('1')", "min(default=1)", "n if yes", "list[0, 1]", "list[]",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9" * (MAX_LENGTH + 1), "longer than 500 characters"),
        ("-" * 100 + "1", "nested too deeply: more than 60 levels"),
        ("[" * 100 + "]" * 100, "nested too deeply"),
        ("(" * 240 + "1" + ")" * 240, "not an expression"),
        ("2 ** 63", "not a number below 2**63"),
        ("2 ** 9999", "the power is too large"),
        ("9 ** 9 ** 9", "the power is too large"),
        ("infinite ** 2", "the power is too large"),
        ("1e999", "not a number below 2**63"),
        ("9223372036854775808", "not a number below 2**63"),
        ("big * 2", "not a number below 2**63"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulo by zero"),
        ("0 ** -1", "0.0 cannot be raised to a negative power"),
        ("(-8) ** 0.5", "not a number"),
        ("infinite * 0", "not a number"),
        ("unordered + 1", "not a number"),
        ("text + 1", "cannot calculate with 'same'"),
        ("'a' * 10 ** 9", "cannot calculate with 'a'"),
        ("'a' + 'b'", "cannot calculate with 'a'"),
        ("[0] * 10 ** 9", "cannot calculate with a list of 1"),
        ("list + list", "cannot calculate with a list of 3"),
        ("yes + 1", "cannot calculate with true"),
        ("-nothing", "cannot calculate with null"),
        ("stage * 2", "cannot calculate with a map"),
        ("3 < 'a'", "cannot compare 3 with 'a'"),
        ("yes < 2", "cannot compare true with 2"),
        ("list < list", "cannot compare a list of 3 with a list of 3"),
        ("3 in 4", "3 cannot be in 4"),
        ("3 in stage", "3 cannot be in a map"),
        ("1 if n else 2", "the test of `if` must be true or false, not 5"),
        ("n and yes", "what `and` joins must be true or false, not 5"),
        ("yes and 'a'", "what `and` joins must be true or false, not 'a'"),
        ("false or nothing", "what `or` joins must be true or false, not null"),
        ("not list", "what `not` negates must be true or false, not a list of 3"),
        ("list[5]", "list index 5 is out of range: it has 3 items"),
        ("[1][-2]", "list index -2 is out of range: it has 1 item"),
        ("empty[0]", "list index 0 is out of range: it has 0 items"),
        ("list['a']", "a list's index must be a whole number, not 'a'"),
        ("list[1.0]", "a list's index must be a whole number, not 1.0"),
        ("list[yes]", "a list's index must be a whole number, not true"),
        ("stage['filter']", "the map has no key 'filter'; did you mean 'filters'?"),
        ("stage.filters", ".filters is not allowed; write ['filters'] for a map's key"),
        ("stage[0]", "a map's key must be a text, not 0"),
        ("text[0]", "'same' has no items"),
        ("n[0]", "5 has no items"),
        ("len(n)", "5 has no length"),
        ("sum(list)", "there is no function 'sum'; known: abs, ceil, floor, int, len"),
        ("abs()", "abs takes one argument, not 0"),
        ("int(1, 2)", "int takes one argument, not 2"),
        ("int('3')", "cannot calculate with '3'"),
        ("int(infinite)", "int(inf): cannot convert float infinity to integer"),
        ("floor(unordered)", "floor(nan): cannot convert float NaN to integer"),
        ("min()", "min takes a list, or several numbers, not 0"),
        ("min(3)", "one argument must be a list with items, not 3"),
        ("max(empty)", "one argument must be a list with items, not an empty list"),
        ("max(['a'])", "cannot calculate with 'a'"),
        ("round(1, 10 ** 9)", "round takes -20 to 20 decimals, not 1000000000"),
    ],
)  # fmt: skip
def test_a_wrong_expression_says_what_is_wrong(text: str, said: str) -> None:
    begin = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
    assert time.process_time() - begin < 1


def test_an_unknown_name_is_told_though_it_is_not_evaluated() -> None:
    with pytest.raises(UnknownNameError) as caught:
        evaluate("1 if true else width", {"a": 1})
    assert caught.value.args == ("width",)


def test_steps_are_counted() -> None:
    long = list(range(300_000))
    assert evaluate("299999 in list", {"list": long}) is True
    with pytest.raises(ExpressionError, match="take more than 400,000 steps"):
        evaluate("300001 in list or 300002 in list", {"list": long})


_TEXT = st.text("0123456789+-*/%().en _x<>=![]'", max_size=60)
_WORD = st.sampled_from(
    [
        "n", "x", "l", "m", "1", "2.5", "'a'", "true", "null", "[", "]", "(", ")", ",", "+", "-",
        "*", "/", "//", "%", "**", "<", "==", "in", "and", "or", "not", "if", "else", "len", "min",
    ]
)  # fmt: skip
_WORDS = st.lists(_WORD, max_size=12).map(" ".join)


@given(_TEXT | _WORDS)
def test_any_text_gives_a_bounded_value_or_is_refused(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = evaluate(text, {"n": 3, "x": 0.5, "l": [1], "m": {"k": 1}})
        except ExpressionError:
            return
    assert not isinstance(value, int | float) or abs(value) < 2.0**63
