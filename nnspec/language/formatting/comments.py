"""Comments of a YAML text, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_COMMENT = re.compile(r"(?<!\S)#[^\n]*")


class Comment(NamedTuple):
    """A comment from its `#` to the end of its line; `own_line`: nothing stands before it."""

    text: str
    line: int
    column: int
    offset: int
    own_line: bool


def find_comments(text: str, scalars: Iterable[tuple[int, int]]) -> tuple[Comment, ...]:
    """The comments of a text, given the start and end of each of its scalars, in order."""
    return tuple(_comments(text, [*scalars, (len(text), len(text))]))


def _comments(text: str, scalars: Iterable[tuple[int, int]]) -> Iterator[Comment]:
    start = line = counted = 0
    for scalar, end in scalars:
        for found in _COMMENT.finditer(text, start, scalar):
            index = found.start()
            line += text.count("\n", counted, index)
            counted = index
            before = text[text.rfind("\n", 0, index) + 1 : index]
            yield Comment(found[0].rstrip(), line, len(before), index, not before.strip())
        start = max(start, end)
