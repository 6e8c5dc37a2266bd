"""Python values as located ones, with the text in which messages show them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from nnspec.errors import Document, SourceSpan
from nnspec.language.located import LocatedList, LocatedMap, Value
from nnspec.language.scalars import parse_scalar

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*")  # texts that are shown without quotes


def located_values(values: Mapping[str, Any], name: str) -> LocatedMap:
    """A map of plain values, each with its place in a YAML text of them that is called `name`."""
    layout = _Layout(Document(name, ""))
    root = layout.map(values, 0)
    layout.document.text = "\n".join(layout.lines)
    return root


class _Layout:
    """Writes the lines of a text, a key or an item a line, lists of single values in one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines: list[str] = []

    def map(self, values: Mapping[str, Any], indent: int) -> LocatedMap:
        """A map whose keys stand in the next lines."""
        made = LocatedMap(self._here(indent))
        for key, value in values.items():
            text = _text(key)
            key_place = self._here(indent, len(text))
            child, place = self._value(f"{' ' * indent}{text}:", value, indent + 2)
            made.put(key, child, key_place, place)
        return made

    def _list(self, values: list[Any], indent: int) -> LocatedList:
        """A list whose items stand in the next lines."""
        made = LocatedList(self._here(indent))
        for value in values:
            made.put(*self._value(f"{' ' * indent}-", value, indent + 2))
        return made

    def _value(self, before: str, value: Any, indent: int) -> tuple[Value, SourceSpan]:
        """A value with its place, in the line of what stands before it, or below that."""
        if _is_single(value) or (isinstance(value, list) and all(map(_is_single, value))):
            return self._in_line(f"{before} ", value)
        self.lines.append(before)
        child = self.map(value, indent) if isinstance(value, dict) else self._list(value, indent)
        return child, child.place

    def _in_line(self, before: str, value: Any) -> tuple[Value, SourceSpan]:
        if not isinstance(value, list):
            text = _text(value)
            place = self._here(len(before), len(text))
            self.lines.append(f"{before}{text}")
            return _located(value, place), place
        made = LocatedList(self._here(len(before)))
        column, texts = len(before) + 1, [_text(item) for item in value]
        for item, text in zip(value, texts, strict=True):
            place = self._here(column, len(text))
            made.put(_located(item, place), place)
            column += len(text) + 2
        self.lines.append(f"{before}[{', '.join(texts)}]")
        return made, made.place

    def _here(self, column: int, width: int = 1) -> SourceSpan:
        """A place in the next line."""
        return SourceSpan(self.document, len(self.lines), column, max(1, width))


def _located(value: Any, place: SourceSpan) -> Value:
    """A single value; an empty map with its place."""
    return LocatedMap(place) if isinstance(value, dict) else value


def _is_single(value: Any) -> bool:
    """Whether a value is none that has others in it."""
    return value == {} if isinstance(value, dict) else not isinstance(value, list)


def _text(value: Any) -> str:
    """A single value on a line."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and parse_scalar(value) == value:
        return value
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value, ensure_ascii=False)
