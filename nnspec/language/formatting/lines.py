"""Lines of formatted text, and where comments and blank lines stand between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nnspec.language.formatting.comments import Comment

GAP = 2  # spaces before a comment at the end of a line


@dataclass(eq=False, slots=True)
class Line:
    """A line of output, and the source line that its first token is from.

    `levels` are the columns at which blocks stand on it, in the source and now. One that
    continues a value, or is made of a flow collection, has no line of the source to itself.
    """

    indent: int
    code: str
    source: int
    levels: list[tuple[int, int]] = field(default_factory=list)
    is_continued: bool = False
    comment: Comment | None = None  # at its end

    @property
    def text(self) -> str:
        """The indented code."""
        return " " * self.indent + self.code if self.code else ""


def assemble(lines: Sequence[Line], comments: Iterable[Comment], source: Sequence[str]) -> str:
    """The text of lines with the comments that stand on lines of their own.

    Of the blank lines of the source one each stays, but for those at the start, at the end and
    where a block begins.
    """
    return "".join(f"{text}\n" for text in _Assembly(lines, source).texts(list(comments)))


class _Assembly:
    """Puts comments and blank lines between lines."""

    def __init__(self, lines: Sequence[Line], source: Sequence[str]) -> None:
        self.lines, self.source = lines, source
        self.literal = {
            line.source for line in lines if line.is_continued and not line.code.strip()
        }
        self.done: list[str] = []
        self.paragraph: list[tuple[int, Line]] = []  # lines with comments, and their places in done

    def texts(self, comments: list[Comment]) -> list[str]:
        comments.reverse()
        before: Line | None = None  # the line above, if it is one that may open a block
        for number, line in enumerate(self.lines):
            while comments and not line.is_continued and comments[-1].line < line.source:
                self.own_line(comments.pop(), number, before)
                before = None
            if not line.is_continued and not (before and before.indent < line.indent):
                self.blank(line.source)
            if line.comment:
                self.paragraph.append((len(self.done), line))
            self.done.append(line.text)
            before = None if line.is_continued else line
        while comments:
            self.own_line(comments.pop(), len(self.lines), before)
            before = None
        self.end_paragraph()
        return self.done

    def own_line(self, comment: Comment, number: int, before: Line | None) -> None:
        """Add a comment that stands above the line of this number."""
        indent = self.indent_of(comment, number)
        if not (before and before.indent < indent):
            self.blank(comment.line)
        self.done.append(" " * indent + comment.text)

    def blank(self, source: int) -> None:
        """Add a blank line if there is one in the source, above this line of it."""
        is_blank = source > 0 and not self.source[source - 1].strip()
        if self.done and is_blank and source - 1 not in self.literal:
            self.end_paragraph()
            self.done.append("")

    def indent_of(self, comment: Comment, number: int) -> int:
        """The indent of the block in which a comment stands in the source."""
        following = self.lines[number] if number < len(self.lines) else Line(0, "", 0, [(0, 0)])
        column, indent = following.levels[0] if following.levels else (0, following.indent)
        if comment.column <= column:
            return indent
        levels = [level for level in self.open_levels(number) if level[0] >= column]
        if not levels:
            return indent
        inner = [new for old, new in levels if old <= comment.column]
        deepest = max(levels)
        if comment.column > deepest[0]:
            return deepest[1] + (0 if self.lines[number - 1].is_continued else 2)  # no literal's
        return max(inner, default=indent)

    def open_levels(self, number: int) -> Iterator[tuple[int, int]]:
        """The levels of the blocks that are open above the line of this number."""
        indent: float = float("inf")
        for line in reversed(self.lines[:number]):
            levels = [level for level in line.levels if level[1] < indent]
            yield from levels
            indent = min([indent, *(new for _, new in levels)])
            if indent == 0:
                return

    def end_paragraph(self) -> None:
        """Write the comments at the ends of lines; those of one column share one again."""
        groups: dict[int, list[tuple[int, Line]]] = {}
        for place, line in self.paragraph:
            groups.setdefault(line.comment.column if line.comment else 0, []).append((place, line))
        for column, group in groups.items():
            self.align(column, group)
        self.paragraph = []

    def align(self, column: int, group: Sequence[tuple[int, Line]]) -> None:
        """Write comments that stand at a column of the source, as far from the longest line."""
        old = max(len(self.written(line)) for _, line in group)
        new = max(len(line.text) for _, line in group) + max(GAP, column - old)
        for place, line in group:
            if line.comment:
                self.done[place] = f"{line.text:{new}}{line.comment.text}"

    def written(self, line: Line) -> str:
        """What stands before a line's comment in the source."""
        comment = line.comment
        return self.source[comment.line][: comment.column].rstrip() if comment else ""
