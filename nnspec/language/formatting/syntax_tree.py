"""Syntax tree of YAML text: nodes with the text of each scalar and where each part stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from nnspec.errors import Document, Problem, SourceSpan, SpecError
from nnspec.language.composer import PARSER
from nnspec.language.formatting.comments import Comment, find_comments
from nnspec.language.formatting.quotes import with_needed_quotes


class Mark(NamedTuple):
    """A place of the text; `offset` counts characters, all count from 0."""

    line: int
    column: int
    offset: int


class Scalar(NamedTuple):
    """A scalar or an alias, with its anchor and tag; empty where nothing is written."""

    text: str
    start: Mark
    end: Mark
    style: str | None = None  # a quote, `|` or `>`

    @property
    def is_one_line(self) -> bool:
        """Whether it is written on one line, and at all."""
        return self.text != "" and self.start.line == self.end.line


class Entry(NamedTuple):
    """An item of a list, without a key, or a pair of a map; `start` is its key's, or its dash's."""

    key: Scalar | None
    value: Node
    start: Mark

    @property
    def head(self) -> str:
        """What stands before the value in block style."""
        if self.key is None:
            return "-"
        return f"{self.key.text} :" if self.key.text.startswith("*") else f"{self.key.text}:"

    @property
    def head_line(self) -> int:
        """The line on which the key or the dash ends."""
        return self.key.end.line if self.key else self.start.line


@dataclass(frozen=True, slots=True)
class Collection:
    """A map or a list; `content` is where its bracket stands, or its first entry.

    A pair in a flow list that has no braces, as in `[dense: 1]`, is bare.
    """

    entries: tuple[Entry, ...]
    properties: str  # anchor and tag
    start: Mark
    content: Mark
    end: Mark
    is_map: bool
    is_flow: bool
    is_bare: bool = False


Node = Scalar | Collection


class SyntaxTree(NamedTuple):
    """The nodes of a document, its comments, and the lines that mark its start and its end."""

    root: Node | None
    comments: tuple[Comment, ...]
    head: Mark | None  # where `---` ends
    foot: Mark | None  # where `...` starts


def syntax_tree(document: Document) -> SyntaxTree:
    """The syntax tree of a text that `reader.parse` accepts."""
    events = list(yaml.parse(document.text, Loader=PARSER))
    return _Builder(document, events).tree()


_PROPERTY = re.compile(r"(?:[&!]\S*(?:\s+|$))*")


class _Builder:
    """Builds nodes from the parser's events; `cursor` is where the text is read on."""

    def __init__(self, document: Document, events: list[Any]) -> None:
        self.document, self.text = document, document.text
        scalars = [(e.start_mark.index, e.end_mark.index) for e in events if _is_scalar(e)]
        self.comments = find_comments(self.text, scalars)
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        self.bare_text = _without(self.text, self.comments)
        self.events: Iterator[Any] = iter(events)
        self.cursor = 0
        self.end = Mark(0, 0, 0)  # of the collection that was read last

    def tree(self) -> SyntaxTree:
        next(self.events)  # stream start
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            return SyntaxTree(None, self.comments, None, None)
        head = _mark(start.end_mark) if start.explicit else None
        self.cursor = head.offset if head else 0
        root = self.node(next(self.events))
        end = next(self.events)
        return SyntaxTree(
            root, self.comments, head, _mark(end.start_mark) if end.explicit else None
        )

    def node(self, event: Any) -> Node:
        if _is_scalar(event):
            return self.scalar(event)
        return self.collection(event, isinstance(event, yaml.MappingStartEvent))

    def scalar(self, event: Any) -> Scalar:
        start, end = _mark(event.start_mark), _mark(event.end_mark)
        self.cursor = end.offset
        text = self.text[start.offset : end.offset]
        properties = _PROPERTY.match(text)
        if properties and properties[0]:
            text = " ".join([*properties[0].split(), text[properties.end() :]]).rstrip(" ")
        style = getattr(event, "style", None)
        return Scalar(with_needed_quotes(text) if style in _QUOTES else text, start, end, style)

    def collection(self, event: Any, is_map: bool) -> Collection:
        start, opening = _mark(event.start_mark), _mark(event.end_mark)
        written = self.bare_text[start.offset : opening.offset]
        has_properties = event.anchor or event.tag
        properties = " ".join(re.findall(r"(?<!\S)[&!]\S*", written)) if has_properties else ""
        is_flow = bool(event.flow_style)
        is_bare = is_flow and not written.endswith(("{", "["))
        content = _moved(opening, -1) if is_flow and not is_bare else opening
        self.cursor = opening.offset if properties else start.offset
        entries = tuple(self.entries(is_map, is_flow))
        if not is_flow and not is_map:
            content = entries[0].start
        return Collection(entries, properties, start, content, self.end, is_map, is_flow, is_bare)

    def entries(self, is_map: bool, is_flow: bool) -> Iterator[Entry]:
        while not isinstance(event := next(self.events), _ENDS):
            if is_map:
                key = self.key(event)
                yield Entry(key, self.node(next(self.events)), key.start)
            elif is_flow:
                value = self.node(event)
                yield Entry(None, value, value.start)
            else:
                dash = self.dash()
                yield Entry(None, self.node(event), dash)
        self.end = _mark(event.end_mark)
        self.cursor = max(self.cursor, self.end.offset if is_flow else 0)

    def key(self, event: Any) -> Scalar:
        key = self.scalar(event)
        if not key.text or key.start.line != key.end.line:
            place = SourceSpan(self.document, key.start.line, key.start.column)
            raise SpecError(Problem("a key must stand on one line", place, code="yaml"))
        return key

    def dash(self) -> Mark:
        """Where the next dash stands."""
        index = self.bare_text.index("-", self.cursor)
        self.cursor = index + 1
        line = bisect_right(self.line_starts, index) - 1
        return Mark(line, index - self.line_starts[line], index)


_QUOTES = "'", '"'
_ENDS = yaml.MappingEndEvent, yaml.SequenceEndEvent


def _is_scalar(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent | yaml.AliasEvent)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line, mark.column, mark.index)


def _moved(mark: Mark, columns: int) -> Mark:
    return Mark(mark.line, mark.column + columns, mark.offset + columns)


def _without(text: str, comments: tuple[Comment, ...]) -> str:
    """The text with spaces in the place of comments."""
    parts, done = [], 0
    for comment in comments:
        parts += [text[done : comment.offset], " " * len(comment.text)]
        done = comment.offset + len(comment.text)
    return "".join([*parts, text[done:]])
