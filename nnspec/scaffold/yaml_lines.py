"""Lines of YAML text with comments, kept within a width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nnspec.errors import visible

WIDTH = 100
_GAP = 2  # spaces before a comment


class YamlLine(NamedTuple):
    """A line of YAML, and its comment; an empty text makes the comment a line of its own."""

    text: str
    comment: str = ""


def listed(start: str, items: Sequence[str], end: str) -> str:
    """`start`, items between commas, `end`; where that is long, on several indented lines."""
    indent = " " * len(start)
    lines, current = list[str](), start
    for number, item in enumerate(items):
        piece = item + (", " if number < len(items) - 1 else end)
        if len(current) + len(piece.rstrip()) > WIDTH and current.strip() != start.strip():
            lines.append(current.rstrip())
            current = indent
        current += piece
    return "\n".join([*lines, current])


def render(lines: Iterable[YamlLine]) -> str:
    """The text of lines: a comment stands behind its line, or above it where that is too long."""
    return "".join(f"{one}\n" for line in lines for one in _rendered(line))


def _rendered(line: YamlLine) -> Iterator[str]:
    if not line.comment:
        yield line.text
        return
    comment = visible(line.comment)
    beside = f"{line.text}{' ' * _GAP}# {comment}"
    if line.text.strip() and len(beside) <= WIDTH and "\n" not in line.text:
        yield beside
        return
    indent = " " * (len(line.text) - len(line.text.lstrip()))
    for part in textwrap.wrap(comment, WIDTH - len(indent) - 2, break_on_hyphens=False):
        yield f"{indent}# {part}"
    if line.text.strip():
        yield line.text
