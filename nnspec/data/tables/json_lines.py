"""Errors of files with a JSON object a line, with the line: polars does not tell it."""

from __future__ import annotations

import json
from pathlib import Path

from nnspec.errors import DataError, quoted, visible

_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list",
          dict: "an object"}  # fmt: skip
_AS_TEXT = {"a number", "text"}  # polars reads such a column as text


def check_lines(path: Path) -> None:
    """Raise DataError at the first line that is no JSON object, or has a value of another kind."""
    name, kinds = visible(path.name), dict[str, str]()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                place = f"{name}:{number}"
                _check_kinds(place, _object(place, line), kinds)
    if not kinds:
        raise DataError(f"{name} is empty")


def _object(place: str, line: bytes) -> dict[str, object]:
    """The JSON object of a line; a DataError where there is none."""
    try:
        found = json.loads(line, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise DataError(f"{place}: the line is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise DataError(f"{place}: the line is no JSON ({reason})") from None
    if not isinstance(found, dict):
        hint = 'each line is an object, such as {"age": 42, "city": "Taipei"}'
        raise DataError(f"{place}: the line is no JSON object", hint)
    return found


def _refuse_constant(text: str) -> None:
    """Raise JSONDecodeError at NaN or an infinity, which Python's own reader takes."""
    raise json.JSONDecodeError(f"it has no {text}: a missing value is null", text, 0)


def _check_kinds(place: str, row: dict[str, object], kinds: dict[str, str]) -> None:
    """Raise DataError where a value is of another kind than those of its column above."""
    for column, value in row.items():
        kind = _KINDS.get(type(value))
        if kind and {kinds.setdefault(column, kind), kind} not in ({kind}, _AS_TEXT):
            message = f"{place}:{visible(column)}: {quoted(json.dumps(value))} is {kind}"
            raise DataError(f"{message}, and the values above are {kinds[column]}")
