from __future__ import annotations

import math
from typing import Any

import pytest

from nnspec.language.scalars import ScalarError, parse_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("+1", 1),
        ("0", 0),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("1.e-3", 0.001),
        ("-.5E+1", -5.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_the_core_schema(text: str, value: Any) -> None:
    assert parse_scalar(text) == value
    assert type(parse_scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "on",
        "off",
        "y",
        "yes",
        "tRUE",
        "nULL",
        "2024-01-01",
        "1:30",
        "28:28",
        "1_000",
        "0b1",
        "nan",
        "inf",
        "1e",
        "e1",
        ".",
        "-",
        "+",
        "1.2.3",
        "0x",
        "0xG",
        "-0x1",
        "1 2",
        ".e3",
        "\u0661",
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert parse_scalar(text) == text


def test_not_a_number() -> None:
    assert math.isnan(parse_scalar(".nan"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("010", "ambiguous"),
        ("08", "ambiguous"),
        ("-01", "ambiguous"),
        ("00", "ambiguous"),
        ("1e309", "too large"),
        ("9223372036854775808", "too large"),
        ("9" * 10**6, "too large"),
        ("0x" + "f" * 10**6, "too large"),
    ],
)
def test_what_could_be_misread_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScalarError, match=said):
        parse_scalar(text)
