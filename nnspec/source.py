"""YAML text <-> values that remember their file, line and column.

The parser's event stream is composed here rather than by PyYAML, because a spec needs what
PyYAML does not give: YAML 1.2 core scalars (`no` is a string, `1e-3` a number), duplicate keys
refused, limits on depth and on the size after aliases, and a place for every value.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from nnspec.errors import Document, Place, Problem, SpecError, shown, visible
from nnspec.scalars import CORE, ScalarError, plain, scalar, tag_error

MAX_BYTES = 8_000_000
MAX_NODES = 100_000  # after aliases are followed
MAX_DEPTH = 64

Value = Any  # None, bool, int, float, str, Map or Seq


class Map(dict[str, Value]):
    """A mapping with the place of each key and each value."""

    __slots__ = ("key_places", "place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Value, key_place: Place, place: Place) -> None:
        """Set a value together with where its key and it were written."""
        self[key] = value
        self.key_places[key] = key_place
        self.places[key] = place


class Seq(list[Value]):
    """A sequence with the place of each item."""

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []

    def put(self, value: Value, place: Place) -> None:
        """Append an item together with where it was written."""
        self.append(value)
        self.places.append(place)


def read(path: str | os.PathLike[str]) -> Document:
    """The document in a file; a file that is missing, huge or no text is a SpecError."""
    name = os.fspath(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a named pipe would be waited for
            raise SpecError(f"cannot read {visible(name)}: it is not a file")
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot read {visible(name)}: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{visible(name)} is larger than {MAX_BYTES // 10**6} MB; specs are small")
    return Document(name, _decode(raw, name))


def parse(document: Document) -> Value:
    """The marked value of a document's text.

    Raises SpecError with every duplicate key and bad scalar, or with the first syntax error.
    """
    _refuse_characters(document)
    composer = _Composer(document)
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


def load(path: str | os.PathLike[str]) -> Value:
    """`parse(read(path))`."""
    return parse(read(path))


def dump(value: object) -> str:
    """Plain values as YAML text that `parse` reads back to the same values."""
    return cast(
        "str",
        yaml.dump(
            value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
            default_flow_style=None,
        ),
    )  # fmt: skip


def locate(value: Value, path: Sequence[object]) -> Place | None:
    """The place of the deepest value on `path` that the marked value has."""
    place: Place | None = getattr(value, "place", None)
    for step in path:
        if isinstance(value, Map) and step in value:
            place, value = value.places[cast("str", step)], value[cast("str", step)]
        elif isinstance(value, Seq) and isinstance(step, int) and step < len(value):
            place, value = value.places[step], value[step]
        else:
            break
    return place


def at(value: Value, path: Sequence[object]) -> Value:
    """The value at `path`, or None where there is none."""
    for step in path:
        try:
            value = value[cast("Any", step)]
        except (LookupError, TypeError):
            return None
    return value


def key_place(value: Value, path: Sequence[object]) -> Place | None:
    """Like `locate`, but of the key where the last step names one."""
    *parents, last = path
    value = at(value, parents)
    if isinstance(value, Map) and last in value.key_places:
        return value.key_places[cast("str", last)]
    return locate(value, [last])


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


_CONTROL = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
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


def _place_at(document: Document, offset: int) -> Place:
    before = Document("", document.text[:offset]).lines
    return Place(document, len(before) - 1, len(before[-1]))


_SAID = (  # what libyaml says, what a spec's author is told, and a hint
    (
        "mapping values are not allowed",
        "a second ': ' in this place",
        "quote text that contains ': '",
    ),
    ("found a tab character", "a tab cannot indent", "indent with spaces"),
    ("cannot start any token", "{character} cannot begin a value", "quote the text"),
    ("end of stream while scanning a quoted", "this quotation is not closed", "close it"),
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
_ONE_DOCUMENT = "one file holds one spec; remove '---'"


def _syntax_problem(error: yaml.MarkedYAMLError, document: Document) -> Problem:
    mark = error.problem_mark or error.context_mark
    if error.context_mark and "end of stream" in (error.problem or ""):
        mark = error.context_mark  # where the quotation opens, not where the file ends
    where = Place(document, mark.line, mark.column) if mark else None
    said = " ".join(filter(None, (error.problem, error.context))) or "bad YAML"
    for part, message, hint in _SAID:
        if part in said:
            character = _character_at(where)
            if character == "a tab":
                hint = "indent with spaces"
            said = message.format(character=character) if message else said
            return Problem(visible(said), where, hint, "yaml")
    return Problem(visible(said), where, code="yaml")


def _character_at(place: Place | None) -> str:
    line = place.document.lines[place.line : place.line + 1] if place else []
    character = line[0][place.column : place.column + 1] if place and line else ""
    return "a tab" if character == "\t" else shown(character)


# ---------------------------------------------------------------- events to marked values


def _no_key(key: Value, place: Place) -> Problem:
    if isinstance(key, Map | Seq):
        return Problem("a key must be text, not a list or a map", place, "", "yaml")
    kind = "nothing" if key is None else shown(key).lower()
    return Problem(f"a key must be text, not {kind}", place, "quote it", "yaml")


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Composer:
    """Builds marked values from the parser's events, within limits."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.events: Iterator[Any] = yaml.parse(document.text, Loader=_Loader)
        self.anchors: dict[str, tuple[Value, int, int] | None] = {}  # value, nodes, height
        self.nodes = 0
        self.height = 0  # of the value composed last

    def document_value(self) -> Value:
        """The value of the only document; an empty text gives None."""
        next(self.events)  # stream start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        value, _ = self.value(next(self.events), depth=0)
        next(self.events)  # document end
        more = next(self.events)
        if isinstance(more, yaml.DocumentStartEvent):
            raise self.stop(more, "found another document", _ONE_DOCUMENT)
        return value

    def value(self, event: Any, depth: int) -> tuple[Value, Place]:
        """The value that starts at `event`, and its place."""
        place = self.place(event)
        self.count(1, event)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth), place
        before = self.nodes
        if event.anchor:
            self.anchors[event.anchor] = None  # open: an alias to it now would be a cycle
        value = self.compose(event, place, depth)
        if event.anchor:
            self.anchors[event.anchor] = value, self.nodes - before + 1, self.height
        return value, place

    def compose(self, event: Any, place: Place, depth: int) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            self.height = 0
            return self.scalar(event, place)
        self.check_depth(depth, event)
        self.check_collection_tag(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth)
        return self.mapping(place, depth)

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> Value:
        try:
            return scalar(event)
        except ScalarError as error:
            self.problems.append(Problem(error.args[0], place, error.args[1], "yaml"))
            return None

    def sequence(self, place: Place, depth: int) -> Seq:
        items, height = Seq(place), 0
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.put(*self.value(event, depth + 1))
            height = max(height, self.height)
        self.height = height + 1
        return items

    def mapping(self, place: Place, depth: int) -> Map:
        mapping, height = Map(place), 0
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, key_place = self.value(event, depth + 1)
            value, value_place = self.value(next(self.events), depth + 1)
            height = max(height, self.height)
            if self.is_key(key, key_place, mapping):
                mapping.put(key, value, key_place, value_place)
        self.height = height + 1
        return mapping

    def is_key(self, key: Value, place: Place, mapping: Map) -> bool:
        """Whether `key` may be added to `mapping`; what forbids it is noted."""
        if not isinstance(key, str):
            kind = "list or map" if isinstance(key, Map | Seq) else shown(key)
            self.problems.append(
                Problem(f"a key must be text, not {kind}", place, "quote it", "yaml")
            )
        elif key == "<<":
            message = "merge keys (<<) belong to YAML 1.1"
            self.problems.append(Problem(message, place, "use vars or extends", "yaml"))
        elif key in mapping:
            first = mapping.key_places[key]
            message = f"the key {shown(key)} stands twice; first at line {first.line + 1}"
            self.problems.append(Problem(message, place, "keep one of them", "yaml"))
        else:
            return True
        return False

    def alias(self, event: yaml.AliasEvent, depth: int) -> Value:
        if event.anchor not in self.anchors:
            raise self.stop(event, f"found undefined alias {event.anchor!r}")
        known = self.anchors[event.anchor]
        if known is None:
            raise self.stop(event, f"the alias {event.anchor!r} stands inside its own value")
        value, nodes, self.height = known
        self.count(nodes, event)
        self.check_depth(depth + self.height, event)
        return value

    def count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self.stop(event, f"more than {MAX_NODES:,} values (aliases are counted in full)")

    def check_depth(self, depth: int, event: Any) -> None:
        if depth > MAX_DEPTH:
            raise self.stop(event, f"nested too deeply: more than {MAX_DEPTH} levels")

    def check_collection_tag(self, event: Any, place: Place) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", CORE + kind):
            message, hint = tag_error(event.tag).args
            self.problems.append(Problem(message, place, hint, "yaml"))

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return Place(self.document, start.line, start.column, max(1, width))

    def stop(self, event: Any, message: str, hint: str = "") -> SpecError:
        """The error that ends composing: going on would be wrong or too costly."""
        problem = Problem(message, self.place(event), hint, "yaml")
        return SpecError([*self.problems, problem])


# ---------------------------------------------------------------- values to text


class _Dumper(yaml.SafeDumper):
    """Quotes text that the core schema would read as something else."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_str(dumper: _Dumper, text: str) -> yaml.Node:
    looks_plain = re.fullmatch(r"[A-Za-z_][\w.\- /]*\w|[A-Za-z]", text) and plain(text) == text
    return dumper.represent_scalar(CORE + "str", text, style=None if looks_plain else '"')


def _represent_float(dumper: _Dumper, number: float) -> yaml.Node:
    text = repr(number).replace("inf", ".inf").replace("nan", ".nan")
    if "e" in text and "." not in text:  # PyYAML would tag `1e-07`: in YAML 1.1 it is text
        text = text.replace("e", ".0e")
    return dumper.represent_scalar(CORE + "float", text)


_Dumper.add_representer(str, _represent_str)
_Dumper.add_representer(float, _represent_float)
