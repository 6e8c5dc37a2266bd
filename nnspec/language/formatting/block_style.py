"""Layout of block style: the lines of a syntax tree, two spaces deeper at each level."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from nnspec.language.formatting.comments import Comment
from nnspec.language.formatting.flow_style import FlowLayout, arrange, has_gaps, table_rows
from nnspec.language.formatting.lines import Line
from nnspec.language.formatting.syntax_tree import Collection, Entry, Node, Scalar

_INDENT = 2


class BlockLayout:
    """Makes the lines of nodes; `owners` are the lines in which the source's lines end."""

    def __init__(self, text: str, comments: Sequence[Comment]) -> None:
        self.text = text
        self.comments = comments
        self.lines: list[Line] = []
        self.owners: dict[int, Line] = {}
        self.kept_spans: list[tuple[int, int]] = []  # of flow collections that stay as written
        self.is_inline = False  # the next entry stands behind a dash
        self.in_opened = 0  # depth of flow collections that became blocks

    def marker(self, code: str, source: int) -> None:
        """Add a line such as `---`."""
        self.start(0, code, source, [(0, 0)])
        self.own(source)

    def root(self, node: Node) -> None:
        """Add the lines of a document's node."""
        if isinstance(node, Collection) and (not node.is_flow or self.is_too_long(node)):
            if node.properties:
                self.marker(node.properties, node.start.line)
            self.in_opened += node.is_flow
            self.block(_in_block_style(node) if node.is_flow else node, 0)
        elif not isinstance(node, Scalar) or node.text:
            self.start(0, "", node.start.line, [(0, 0)])
            self.value(Entry(None, node, node.start), 0, 0)

    def is_too_long(self, node: Collection) -> bool:
        """Whether a document's flow collection fits as a block alone."""
        stays = self.has_comment(node) or has_gaps(node)
        return not stays and arrange(node, 0, None) is None

    def block(self, node: Collection, indent: int) -> None:
        """Add the lines of a collection's entries."""
        rows = None if node.is_map else table_rows(node.entries)
        for number, entry in enumerate(node.entries):
            self.open(entry, indent)
            if rows and not self.is_apart(entry):
                self.lines[-1].code += f" {rows[number]}"
                self.own(entry.value.end.line)
            else:
                self.value(entry, indent, len(self.lines[-1].text) + 1)

    def open(self, entry: Entry, indent: int) -> None:
        """Add the key or the dash of an entry: on a new line, or behind a dash."""
        level = (indent if self.in_opened else entry.start.column, indent)
        if self.is_inline:
            self.lines[-1].code += f" {entry.head}"
            self.lines[-1].levels.append(level)
        else:
            self.start(indent, entry.head, entry.start.line, [level])
        self.is_inline = False
        self.own(entry.head_line)

    def value(self, entry: Entry, indent: int, column: int) -> None:
        """Add the value of an entry, behind its key or dash or below it."""
        node, below = entry.value, indent + _INDENT
        if isinstance(node, Scalar):
            self.scalar(entry, node, indent)
        elif not node.is_flow:
            self.inner_block(entry, node, below)
        elif self.has_comment(node) or has_gaps(node):
            self.put(self.as_written(node, self.is_below(entry), column, below), node, below)
        elif layout := self.arranged(entry, node, column, below):
            self.put(layout, node, below)
        else:
            self.opened(entry, node, below)

    def inner_block(self, entry: Entry, node: Collection, indent: int) -> None:
        """Add a block in a block."""
        if node.properties:
            self.lines[-1].code += f" {node.properties}"
            self.own(node.start.line)
        elif entry.key is None:
            self.is_inline = not self.is_apart(entry)
        self.block(node, indent)

    def opened(self, entry: Entry, node: Collection, indent: int) -> None:
        """Add a flow collection that is too long for a line as a block."""
        line = self.lines[-1]
        self.in_opened += 1
        self.inner_block(entry, _in_block_style(node), indent)
        self.in_opened -= 1
        if not self.is_apart(entry):
            self.owners[node.end.line] = line

    def scalar(self, entry: Entry, node: Scalar, indent: int) -> None:
        """Add a scalar; of several lines, each is indented as the first one's block is."""
        if not node.text:
            return
        first, *others = _folded_lines(node)
        below = indent + _INDENT
        if self.is_apart(entry):
            self.start(below, first, node.start.line, [(node.start.column, below)])
        else:
            self.append(first)
        self.own(node.start.line)
        if node.style in ("|", ">"):
            self.literal(node, indent, indent - entry.start.column)
            return
        for number, line in enumerate(others, start=node.start.line + 1):
            self.continue_with(" " * below + line if line else "", number)

    def literal(self, node: Scalar, indent: int, shift: int) -> None:
        """Add the lines of a literal or folded scalar, two spaces deeper than the block.

        Where the header says how deep they are, they are moved as the block is.
        """
        header, *lines = node.text.split("\n")
        first = next((line for line in lines if line.strip()), "")
        column = len(first) - len(first.lstrip(" "))
        if not re.search("[1-9]", header.partition("#")[0]):
            shift = indent + _INDENT - column
        lines = [line if line.strip() or len(line) > column else "" for line in lines]
        for number, line in enumerate(_without_end(header, lines), start=node.start.line + 1):
            moved = " " * shift + line if line and shift > 0 else line[max(-shift, 0) :]
            self.continue_with(moved, number)

    def put(self, layout: FlowLayout, node: Collection, below: int) -> None:
        """Add a flow collection."""
        first, *others = layout.lines
        if layout.is_below:
            self.start(below, first, node.start.line, [(node.start.column, below)])
        else:
            self.append(first)
        self.own(node.start.line)
        for line in others:
            self.continue_with(line, node.start.line)
        self.own(node.end.line)

    def arranged(
        self, entry: Entry, node: Collection, column: int, below: int
    ) -> FlowLayout | None:
        """The layout of a flow collection; below its key where it is so in the source."""
        if self.is_apart(entry):
            layout = arrange(node, below, None)
            return layout and layout._replace(is_below=True)
        return arrange(node, column, below if self.is_below(entry) else None)

    def as_written(self, node: Collection, is_below: bool, column: int, below: int) -> FlowLayout:
        """A flow collection as it is in the source, moved to where it starts."""
        self.kept_spans.append((node.start.offset, node.end.offset))
        first, *others = self.text[node.start.offset : node.end.offset].split("\n")
        shift = (below if is_below else column) - node.start.column
        indents = (max(below, len(line) - len(line.lstrip()) + shift) for line in others)
        moved = [
            " " * indent + line.strip() if line.strip() else ""
            for indent, line in zip(indents, others, strict=True)
        ]
        return FlowLayout([first.rstrip(), *moved], is_below)

    # ------------------------------------------------------------ lines

    def start(self, indent: int, code: str, source: int, levels: list[tuple[int, int]]) -> None:
        self.lines.append(Line(indent, code, source, levels, bool(self.in_opened)))

    def append(self, code: str) -> None:
        line = self.lines[-1]
        line.code += f" {code}" if line.code else code

    def continue_with(self, text: str, source: int) -> None:
        """Add a line of a value that goes over several ones."""
        self.lines.append(Line(0, text, source, is_continued=True))
        self.own(source)

    def own(self, source: int) -> None:
        self.owners[source] = self.lines[-1]

    # ------------------------------------------------------------ the source

    def is_apart(self, entry: Entry) -> bool:
        """Whether a comment stands between a key or dash and its value."""
        lines = range(entry.head_line, entry.value.start.line)
        return bool(lines) and self.has_comments(lines.start, lines.stop)

    def is_below(self, entry: Entry) -> bool:
        """Whether a key's value stands on another line; behind a dash only where it must."""
        if entry.key is None:
            return self.is_apart(entry)
        return entry.value.start.line > entry.head_line

    def has_comments(self, first: int, end: int) -> bool:
        """Whether there are comments on lines of the source."""
        found = bisect_left(self.comments, first, key=lambda comment: comment.line)
        return found < len(self.comments) and self.comments[found].line < end

    def has_comment(self, node: Collection) -> bool:
        """Whether a comment stands in a flow collection."""
        return self.has_comments(node.start.line, node.end.line)


def _folded_lines(node: Scalar) -> list[str]:
    """The lines of a scalar without the spaces around them, which folding takes away.

    At an end between double quotes one may be part of an escape.
    """
    if node.style == '"':
        return [line.lstrip(" \t") for line in node.text.split("\n")]
    return [line.strip(" \t") for line in node.text.split("\n")]


def _without_end(header: str, lines: list[str]) -> list[str]:
    """The lines of a literal scalar without the last line break, and blank lines that it drops."""
    end = len(lines) - (not lines[-1]) if lines else 0
    while end and "+" not in header and not lines[end - 1]:
        end -= 1
    return lines[:end]


def _in_block_style(node: Collection) -> Collection:
    """A flow collection as a block; maps of one pair, as layers are, need no braces in it."""
    return replace(node, entries=tuple(map(_without_braces, node.entries)), is_flow=False)


def _without_braces(entry: Entry) -> Entry:
    node = entry.value
    if entry.key or isinstance(node, Scalar) or not node.is_map:
        return entry
    is_single = len(node.entries) == 1 and not node.properties
    return entry._replace(value=replace(node, is_flow=False)) if is_single else entry
