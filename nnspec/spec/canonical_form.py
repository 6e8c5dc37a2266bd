"""Canonical form of a spec's text: order of the sections and layout; values and comments stay."""

from __future__ import annotations

import re

from nnspec.errors import Document, Problem, SourceSpan, SpecError
from nnspec.language import reader
from nnspec.language.formatting.comments import Comment
from nnspec.language.formatting.formatter import format_text
from nnspec.language.formatting.syntax_tree import syntax_tree
from nnspec.language.located import LocatedMap, Value
from nnspec.spec.section_order import order_sections

_OTHER_BREAK = re.compile("[\u2028\u2029]")


def canonical_form(document: Document) -> str:
    """The text of a spec in canonical form; the same for a text that is in it.

    The values, the text of each number, the comments, anchors and aliases are those of the
    document. Raises SpecError where the text is no strict YAML.
    """
    value = reader.parse(document)
    _refuse_breaks(document)
    source = Document(document.name, re.sub("\r\n?", "\n", document.text))
    laid_out = Document(document.name, format_text(source))
    if not _is_same(laid_out, value, source):
        message = "the layout cannot be changed without changing what the spec means"
        raise SpecError(Problem(message, SourceSpan(document, 0, 0), code="yaml"))
    ordered = Document(document.name, order_sections(laid_out))
    return (ordered if _is_same(ordered, value, source) else laid_out).text


def _refuse_breaks(document: Document) -> None:
    """Refuse line breaks that only YAML knows: editors show them as part of a line."""
    for number, line in enumerate(document.text.split("\n")):
        if found := _OTHER_BREAK.search(line):
            place = SourceSpan(document, number, found.start())
            message = f"the line break U+{ord(found[0]):04X} cannot be formatted"
            raise SpecError(Problem(message, place, "break the line as elsewhere", "yaml"))


def _is_same(document: Document, value: Value, source: Document) -> bool:
    """Whether a text has these values and the comments of the source."""
    try:
        same_value = _comparable(reader.parse(document)) == _comparable(value)
    except SpecError:  # an alias that stands before its anchor now
        return False
    return same_value and _comments(document) == _comments(source)


def _comparable(value: Value) -> str:
    """Values as a text, since NaN is not equal to itself; the order of sections does not count."""
    sections = sorted(value.items()) if isinstance(value, LocatedMap) else value
    return repr(sections)


def _comments(document: Document) -> list[str]:
    """The texts of all comments, sorted: sections may have changed places."""

    def text_of(comment: Comment) -> str:
        return comment.text

    return sorted(map(text_of, syntax_tree(document).comments))
