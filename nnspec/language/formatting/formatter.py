"""Text of a YAML document in canonical layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.errors import Document
from nnspec.language.formatting.block_style import BlockLayout
from nnspec.language.formatting.comments import Comment
from nnspec.language.formatting.lines import assemble
from nnspec.language.formatting.syntax_tree import Mark, syntax_tree


def format_text(document: Document) -> str:
    """The text of a document with canonical indents, flow style, quotes and blank lines.

    The text must be one that `reader.parse` accepts, with line feeds alone as line breaks. Raises
    SpecError where a key goes over several lines.
    """
    tree = syntax_tree(document)
    layout = BlockLayout(document.text, tree.comments)
    source = document.text.split("\n")
    if tree.head:
        _add_head(layout, tree.head, source)
    if tree.root is not None:
        layout.root(tree.root)
    if tree.foot:
        layout.marker("...", tree.foot.line)
    return assemble(layout.lines, _own_lines(tree.comments, layout), source)


def _add_head(layout: BlockLayout, head: Mark, source: Sequence[str]) -> None:
    """Add the directives and the `---` at the start of a document."""
    for number, line in enumerate(source[: head.line]):
        if line.startswith("%"):
            layout.marker(line.partition(" #")[0].rstrip(), number)
    layout.marker("---", head.line)


def _own_lines(comments: Sequence[Comment], layout: BlockLayout) -> Iterator[Comment]:
    """The comments on lines of their own; the others are given to the lines at whose ends they are.

    Those inside of a flow collection are part of it.
    """
    spans = iter([*layout.kept_spans, (len(layout.text),) * 2])
    start, end = next(spans)
    for comment in comments:
        while end <= comment.offset:
            start, end = next(spans)
        if comment.offset > start:
            continue
        if comment.own_line:
            yield comment
        else:
            layout.owners[comment.line].comment = comment
