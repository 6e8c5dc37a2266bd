"""What texts stand for that are no numbers in YAML 1.2."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.language.number_texts import is_number, meanings


@pytest.mark.parametrize(
    ("text", "value", "hint"),
    [
        ("0.01", 0.01, "a number in quotes is text: take the quotes off"),
        ("true", True, "true in quotes is text: take the quotes off"),
        ("1_000", 1000, "write 1000"),
        ("1,000", 1000, "write 1000"),
        ("1'000.5", 1000.5, "write 1000.5"),
        ("0,5", 0.5, "write 0.5"),
        ("010", 10, "write 10"),
        ("0b11", 3, "write 3"),
        ("0X1F", 31, "write 31"),
        ("10%", 0.1, "write 0.1"),
        ("1/4", 0.25, 'write "${1 / 4}"'),
        ("2^3", 8.0, 'write "${2 ** 3}"'),
        ("½", 0.5, 'write "${1 / 2}"'),
        ("١٢", 12, "write 12"),
        ("\N{MINUS SIGN}5", -5, "write -5"),
        ("0.1f", 0.1, "write 0.1"),
        ("Yes", True, "write true"),
        ("None", None, "write null"),
    ],
)
def test_what_a_text_stands_for(text: str, value: Any, hint: str) -> None:
    found = next(meanings(text))
    assert (type(found.value), found.value, found.hint) == (type(value), value, hint)


@pytest.mark.parametrize("text", ["relu", "1/0", "1__0", "1.5.2", "2024-01-01", "0x", "", "9" * 99])
def test_other_texts_stand_for_nothing(text: str) -> None:
    assert list(meanings(text)) == []
    assert not is_number(text)


def test_a_whole_number_with_a_point_is_also_one_without() -> None:
    assert [one.value for one in meanings("1e3")] == [1000.0, 1000]
    assert [one.hint for one in meanings(3.0)] == ["write 3"]
