"""Layout of flow collections: on one line, with the author's line breaks, or filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnspec.language.formatting.syntax_tree import Collection, Entry, Node, Scalar

WIDTH = 100


class FlowLayout(NamedTuple):
    """The lines of a collection; the first starts where it stands, the others hold their indent."""

    lines: Sequence[str]
    is_below: bool = False  # on the line below its key


def arrange(node: Collection, column: int, below: int | None) -> FlowLayout | None:
    """The layout of a collection that starts at `column`, or else at `below` on the next line.

    Line breaks between items are kept where every line fits; a break after the opening bracket is
    no such arrangement. None where only block style fits.
    """
    is_below = below is not None
    start = column if below is None else below
    lines = _Arranged(start).text_of(node) if _is_arranged(node) else []
    if len(lines) > 1:
        if _fit(lines, start):
            return FlowLayout(lines, is_below)
    else:
        text = one_line(node)
        if _fit([text], column) or not node.entries:
            return FlowLayout([text])
        if is_below and _fit([text], start):
            return FlowLayout([text], is_below)
    filled = _filled(node, start)
    return FlowLayout(filled, is_below) if filled else None


def one_line(node: Node) -> str:
    """A node on one line, with a space after each comma and none inside brackets."""
    if isinstance(node, Scalar):
        return node.text
    inside = ", ".join(_pieces(node))
    opening, closing = brackets(node)
    return f"{opening}{inside}{closing}"


def brackets(node: Collection) -> tuple[str, str]:
    """What stands before and after the entries, anchor and tag included."""
    before = f"{node.properties} " if node.properties else ""
    if node.is_bare:
        return before, ""
    return (f"{before}{{", "}") if node.is_map else (f"{before}[", "]")


def has_gaps(node: Node) -> bool:
    """Whether a value is left out, or a scalar goes over several lines."""
    if isinstance(node, Scalar):
        return not node.is_one_line
    return any(has_gaps(entry.value) for entry in node.entries)


def table_rows(entries: Sequence[Entry]) -> list[str] | None:
    """The rows of a table: lists of scalars whose commas stand below each other in the source.

    Cells are right-aligned. None where the entries are no such table.
    """
    rows = [entry.value for entry in entries if entry.key is None]
    if len(rows) < 2 or not all(map(_is_row, rows)) or len(set(map(_cell_ends, rows))) > 1:
        return None
    texts = [[one_line(cell.value) for cell in row.entries] for row in rows]  # type: ignore[union-attr]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return [f"[{', '.join(map(str.rjust, row, widths))}]" for row in texts]


def _is_row(node: Node) -> bool:
    if not isinstance(node, Collection) or not node.is_flow or node.is_map or node.properties:
        return False
    on_one_line = node.start.line == node.end.line and node.entries
    return bool(on_one_line) and all(isinstance(entry.value, Scalar) for entry in node.entries)


def _cell_ends(node: Node) -> tuple[int, ...]:
    """How far from its bracket each cell of a row ends."""
    cells = node.entries if isinstance(node, Collection) else ()
    return tuple(cell.value.end.offset - node.start.offset for cell in cells)


def _pieces(node: Collection) -> list[str]:
    """The entries as texts of one line each."""
    return table_rows(node.entries) or [_one_line_entry(entry) for entry in node.entries]


def _one_line_entry(entry: Entry) -> str:
    value = one_line(entry.value)
    return f"{entry.head} {value}" if entry.key else value


def _is_arranged(node: Collection) -> bool:
    """Whether an author broke the lines between items."""
    over_lines = node.content.line < node.end.line
    return over_lines and bool(node.entries) and node.entries[0].start.line == node.content.line


def _fit(lines: Sequence[str], column: int) -> bool:
    return column + len(lines[0]) <= WIDTH and all(len(line) <= WIDTH for line in lines[1:])


def _filled(node: Collection, column: int) -> list[str] | None:
    """Lines filled with the items of a list of scalars, or of lists of these that fit a line."""
    if node.is_map or not all(_is_scalars(entry.value) for entry in node.entries):
        return None
    opening, closing = brackets(node)
    indent = " " * (column + len(opening))
    pieces = _pieces(node)
    if len(indent) + max(map(len, pieces)) >= WIDTH and not _holds_scalars(node):
        return None
    lines = [opening + pieces[0]]
    for piece in pieces[1:]:
        start = column if len(lines) == 1 else 0
        if start + len(lines[-1]) + len(piece) + 3 <= WIDTH:  # a comma, a space and one more sign
            lines[-1] += f", {piece}"
        else:
            lines[-1] += ","
            lines.append(indent + piece)
    return [*lines[:-1], lines[-1] + closing]


def _is_scalars(node: Node) -> bool:
    """Whether a node is a scalar, or a list of such."""
    if isinstance(node, Scalar):
        return True
    return not node.is_map and all(_is_scalars(entry.value) for entry in node.entries)


def _holds_scalars(node: Collection) -> bool:
    return all(isinstance(entry.value, Scalar) for entry in node.entries)


class _Arranged:
    """Writes a collection with its line breaks between items; each line is indented past the
    innermost bracket that is open.
    """

    def __init__(self, column: int) -> None:
        self.offset = column  # of the first line
        self.lines = [""]
        self.line = 0  # of the source

    def text_of(self, node: Collection) -> list[str]:
        self.line = node.content.line
        self.node(node)
        return self.lines

    def node(self, node: Node) -> None:
        if isinstance(node, Scalar):
            self.lines[-1] += node.text
        else:
            self.collection(node)
        self.line = node.end.line

    def collection(self, node: Collection) -> None:
        opening, closing = brackets(node)
        self.lines[-1] += opening
        column = len(self.lines[-1]) + (self.offset if len(self.lines) == 1 else 0)
        rows = table_rows(node.entries)
        for number, entry in enumerate(node.entries):
            if number:
                self.separate(entry, column)
            if rows:
                self.lines[-1] += rows[number]
                self.line = entry.value.end.line
            else:
                self.entry(entry)
        self.lines[-1] += closing

    def separate(self, entry: Entry, column: int) -> None:
        if entry.start.line > self.line:
            self.lines[-1] += ","
            self.lines.append(" " * column)
        else:
            self.lines[-1] += ", "

    def entry(self, entry: Entry) -> None:
        if entry.key:
            self.lines[-1] += f"{entry.head} "
        self.node(entry.value)
