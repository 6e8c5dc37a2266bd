"""YAML text to located values: reading files, parsing, syntax messages."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import yaml

from nnspec.errors import Document, Problem, SourceSpan, SpecError, quoted, visible
from nnspec.language.composer import Composer
from nnspec.language.located import Value

MAX_BYTES = 8_000_000


def read_document(path: str | os.PathLike[str]) -> Document:
    """Read the text of a file; a SpecError where it is missing, huge or no text."""
    name = os.fspath(path)
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a named pipe would be waited for
            raise SpecError(f"cannot read {_cut(name)}: it is not a file")
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot read {_cut(name)}: {reason}") from None
    return decode(raw, name)


def decode(raw: bytes, name: str) -> Document:
    """The document in UTF-8 bytes; a SpecError where they are none, or very many."""
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{_cut(name)} is larger than {MAX_BYTES // 10**6} MB; specs are small")
    return Document(name, _decode(raw, name))


def parse(document: Document) -> Value:
    """Parse a document's text to a located value.

    Raises SpecError with every duplicate key and bad scalar, or with the first syntax error.
    """
    _refuse_characters(document)
    composer = Composer(document)
    try:
        value = composer.document_value()
    except yaml.MarkedYAMLError as error:
        raise SpecError([*composer.problems, _syntax_problem(error, document)]) from None
    except yaml.YAMLError as error:
        message = str(error).splitlines()[0]
        raise SpecError([*composer.problems, Problem(message, code="yaml")]) from None
    if composer.problems:
        raise SpecError(composer.problems)
    return value


def read_file(path: str | os.PathLike[str]) -> Value:
    """Read and parse a file."""
    return parse(read_document(path))


def _cut(name: str) -> str:
    return visible(name if len(name) <= 200 else f"...{name[-200:]}")


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        document = Document(name, good + "\N{REPLACEMENT CHARACTER}")
        place = _place_at(document, len(good))
        byte = raw[error.start]
        problem = Problem(f"byte 0x{byte:02x} is not UTF-8", place, "save it as UTF-8", "yaml")
        raise SpecError(problem) from None


_CONTROL = re.compile(  # what YAML cannot print, U+0085, and what is no character
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)  # specs have no tags of their own


def _refuse_characters(document: Document) -> None:
    """Refuse control characters, and tag directives (the parser's time is quadratic in these)."""
    if found := _CONTROL.search(document.text):
        message, hint = f"the character U+{ord(found.group()):04X} is not allowed", "remove it"
    elif found := _TAG_DIRECTIVE.search(document.text):
        message, hint = "%TAG is not allowed", "specs hold plain values only"
    else:
        return
    raise SpecError(Problem(message, _place_at(document, found.start()), hint, "yaml"))


def _place_at(document: Document, offset: int) -> SourceSpan:
    before = Document("", document.text[:offset]).lines
    return SourceSpan(document, len(before) - 1, len(before[-1]))


_POINT_BACK = ("end of stream", "could not find expected ':'")
_SAID = (  # what libyaml says, what a spec's author is told, and a hint
    (
        "mapping values are not allowed",
        "a second ': ' in this place",
        "quote text that contains ': '",
    ),
    ("found unexpected ':'", "a colon in this place", "put a space after the colon"),
    ("found a tab character", "a tab cannot indent", "indent with spaces"),
    ("cannot start any token", "{character} cannot begin a value", "quote the text"),
    ("end of stream while scanning a quoted", "this quotation is not closed", "close it"),
    ("could not find expected ':'", "this line is no `key: value`", "add ': ' and a value"),
    ("incompatible YAML document", "another version of YAML", "write %YAML 1.2, or no such line"),
    ("expected node content", "a value is missing before this", ""),
    ("found undefined alias", "", "write &NAME at the value that *NAME repeats"),
    ("expected <document start>", "text after the end of the spec", "indent it, or remove it"),
    ("while parsing a flow sequence", "this list is not closed, or lacks a comma", "add ] or ,"),
    ("while parsing a flow mapping", "this map is not closed, or lacks a comma", "add } or ,"),
    (
        "while parsing a block mapping",
        "this line is no `key: value` of its map",
        "check the indents",
    ),
    (
        "while parsing a block collection",
        "this line is no `- item` of its list",
        "check the indents",
    ),
)


def _syntax_problem(error: yaml.MarkedYAMLError, document: Document) -> Problem:
    mark = error.problem_mark or error.context_mark
    if error.context_mark and any(part in (error.problem or "") for part in _POINT_BACK):
        mark = error.context_mark  # where the quotation opens, not where the file ends
    where = _in_text(SourceSpan(document, mark.line, mark.column)) if mark else None
    if where and _starts_hole(where):
        message = "inside braces and brackets, ${...} must be quoted"
        return Problem(message, where, 'write "${...}"', "yaml")
    said = " ".join(filter(None, (error.problem, error.context))) or "bad YAML"
    for part, message, hint in _SAID:
        if part in said:
            character = _character_at(where)
            if character == "a tab":
                hint = "indent with spaces"
            said = message.format(character=character) if message else said
            return Problem(visible(said), where, hint, "yaml")
    return Problem(visible(said), where, code="yaml")


def _in_text(place: SourceSpan) -> SourceSpan:
    """The place, or the end of the last line with text where it lies beyond."""
    lines = place.document.lines
    last = max((i for i, line in enumerate(lines) if line.strip()), default=0)
    return place if place.line <= last else SourceSpan(place.document, last, len(lines[last]))


def _starts_hole(place: SourceSpan) -> bool:
    """Whether the parser stumbled over the brace of an unquoted `${`."""
    return place.document.lines[place.line][max(place.column - 1, 0) :].startswith("${")


def _character_at(place: SourceSpan | None) -> str:
    line = place.document.lines[place.line : place.line + 1] if place else []
    character = line[0][place.column : place.column + 1] if place and line else ""
    return "a tab" if character == "\t" else quoted(character)
