"""Scalars by the YAML 1.2 core schema: which text is a number, a truth value, null or text.

`no` and `2024-01-01` are text, `1e-3` is a number, and what YAML 1.1 and 1.2 read differently
without anyone noticing (`010`) is refused.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from nnspec.errors import quoted

if TYPE_CHECKING:
    import yaml

Value = Any  # None, bool, int, float, str

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    word: value for value, text in ((True, "true"), (False, "false"))
    for word in (text, text.title(), text.upper())
}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


class ScalarError(ValueError):
    """A scalar that looks like a number and is none; args are the message and the hint."""


def parse_scalar(text: str) -> Value:
    """The value of an unquoted scalar."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return _integer(text)
    return _float(text) if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text) else text


def _integer(text: str) -> int:
    if _LEADING_ZERO.fullmatch(text):
        raise ScalarError(
            f"{quoted(text)} is ambiguous: octal in YAML 1.1, decimal in YAML 1.2",
            f"write {text.lstrip('+-0') or '0'}, 0o{text.lstrip('+-0') or '0'} or quote it",
        )
    number = int(text, 0) if len(text) <= 20 else 1 << 64
    if abs(number) >= 1 << 63:
        raise ScalarError("the integer is too large", "integers have at most 63 bits")
    return number


def _float(text: str) -> float:
    special = _SPECIAL.fullmatch(text)
    if special:
        return math.nan if special[3] else float(f"{special[1]}inf")
    number = float(text)
    if math.isinf(number):
        raise ScalarError(f"{quoted(text)} is too large for a number", "the largest is 1.8e308")
    return number


CORE = "tag:yaml.org,2002:"
_TAGGED: dict[str, type | tuple[type, ...]] = {
    "int": int, "float": (int, float), "bool": bool, "null": type(None),
}  # fmt: skip


def scalar_of(event: yaml.ScalarEvent) -> Value:
    """The value of a scalar event, by its tag or its form."""
    if event.tag is None:
        return parse_scalar(event.value) if event.implicit[0] else event.value
    kind = event.tag.removeprefix(CORE)
    if event.tag == "!" or kind == "str":
        return event.value
    if kind not in _TAGGED or not event.tag.startswith(CORE):
        raise tag_error(event.tag)
    value = parse_scalar(event.value)
    if not isinstance(value, _TAGGED[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise ScalarError(f"{quoted(event.value)} is not of type {kind}", "remove the tag")
    number: Any = value
    return float(number) if kind == "float" else number


def tag_error(tag: str) -> ScalarError:
    """The error for a tag: a spec has none of its own."""
    hint = "write a plain list" if tag.endswith("tuple") else "specs hold plain values only"
    return ScalarError(f"the tag {quoted(tag.replace(CORE, '!!'))} is not allowed", hint)
