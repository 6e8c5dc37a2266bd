"""Texts that stand for a number, a truth value or nothing elsewhere, and how a spec writes these.

YAML 1.2 reads `1_000`, `10%` and `"0.01"` as text. Where an option wants a number, a message says
how the number is written.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from nnspec.language.scalars import ScalarError, parse_scalar

_WORDS = {
    "true": ("yes", "on", "y", "t"), "false": ("no", "off", "n", "f"),
    "null": ("none", "nil", "na", "n/a"),
    ".inf": ("inf", "infinity", "+inf"), "-.inf": ("-inf", "-infinity"), ".nan": ("nan",),
}  # fmt: skip
_MEANT = {word: plain for plain, words in _WORDS.items() for word in words}
_LONGEST = 40  # characters of a text that is looked at
_MARKS = str.maketrans({"−": "-", "⁄": "/", "×": "*", "·": "*", "÷": "/"})
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?")
_UNDERSCORES = re.compile(r"[-+]?\d+(?:_\d+)+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_SUFFIXED = re.compile(rf"({_NUMBER})[fFdDlL]")  # of Fortran, C, Java
_PERCENT = re.compile(rf"({_NUMBER}) ?%")
_BASE = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F_]*[0-9a-fA-F]|[oO][0-7_]*[0-7]|[bB][01_]*[01])")
_CALCULATION = re.compile(rf"({_NUMBER}) ?(/|\*\*|\^|\*) ?({_NUMBER})")


_OPERATIONS = {"/": operator.truediv, "*": operator.mul, "**": operator.pow}
_FINITE = "numbers in a spec are finite"


class Meaning(NamedTuple):
    """The value that a text stands for, and the hint that says how it is written."""

    value: Any
    hint: str
    is_quoted: bool = False  # whether the text is it but for its quotes


def meanings(value: Any) -> Iterator[Meaning]:
    """What a value may stand for that is no number or truth value as it is written."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST:
        for one in _of_text(value):
            yield one
            if isinstance(one.value, float) and one.value.is_integer():
                yield Meaning(int(one.value), f"write {int(one.value)}")
    elif isinstance(value, float) and value.is_integer():
        yield Meaning(int(value), f"write {int(value)}")
    elif value in (0, 1) and isinstance(value, int) and not isinstance(value, bool):
        yield Meaning(bool(value), f"write {str(bool(value)).lower()}")


def is_number(text: str) -> bool:
    """Whether a text stands for a number, be it infinite, or for none."""
    found = next(meanings(text), None)
    return found is not None and not isinstance(found.value, bool)


def _of_text(text: str) -> Iterator[Meaning]:
    plain = _plain(text)
    if not isinstance(plain, str):
        what = "a number" if _is_real(plain) else text
        yield Meaning(plain, f"{what} in quotes is text: take the quotes off", True)
        return
    word = _MEANT.get(text.lower(), "")
    if word:
        value = parse_scalar(word)
        yield Meaning(value, _FINITE if isinstance(value, float) else f"write {word}")
        return
    normal = unicodedata.normalize("NFKC", text).translate(_MARKS).strip()
    found = _elsewhere(normal)
    if found:
        yield found


def _plain(text: str) -> Any:
    """The value that the text has without quotes; of a number that is ambiguous, the text."""
    try:
        return parse_scalar(text)
    except ScalarError:
        return text


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _elsewhere(text: str) -> Meaning | None:
    """The number that a text is in Python, in tables or in mathematics."""
    if _BASE.fullmatch(text):
        return _written(int(text.replace("_", ""), 0))
    if found := _CALCULATION.fullmatch(text):
        return _calculation(*found.groups())
    if found := _PERCENT.fullmatch(text):
        return _written(float(found[1]) / 100)
    if found := _SUFFIXED.fullmatch(text):
        return _written(float(found[1]))
    if _GROUPED.fullmatch(text) or _UNDERSCORES.fullmatch(text):
        return _written(float(re.sub("[,_' ]", "", text)))
    if _DECIMAL_COMMA.fullmatch(text):
        return _written(float(text.replace(",", ".")))
    return _written(float(text)) if re.fullmatch(_NUMBER, text) else None


def _calculation(left: str, sign: str, right: str) -> Meaning | None:
    """A product, a quotient or a power of two numbers: an expression says it."""
    sign = "**" if sign == "^" else sign
    try:
        number = _OPERATIONS[sign](float(left), float(right))
    except ArithmeticError:
        return None
    hint = f'write "${{{left} {sign} {right}}}"'
    return Meaning(number, hint) if isinstance(number, float) else None


def _written(number: float) -> Meaning:
    """A number and how it is written: a whole one without a point."""
    if not math.isfinite(number):
        return Meaning(number, _FINITE)
    if number == int(number) and abs(number) < 1 << 53:
        return Meaning(int(number), f"write {int(number)}")
    return Meaning(number, f"write {number:.12g}")
