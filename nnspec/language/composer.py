"""Composition of located values from the YAML parser's events, within limits of size and depth.

The events are composed here rather than by PyYAML, because a spec needs what PyYAML does not
give: YAML 1.2 core scalars (`no` is a string, `1e-3` a number), duplicate keys refused, limits on
depth and on the size after aliases, and a place for every value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from nnspec.errors import Document, Problem, SourceSpan, SpecError, quoted
from nnspec.language.located import LocatedList, LocatedMap, Value
from nnspec.language.scalars import CORE, ScalarError, scalar_of, tag_error

MAX_WRITTEN = 1_000_000  # values of a document
MAX_NODES = 100_000  # values that aliases and names make beside those that are written
MAX_DEPTH = 64
_ONE_DOCUMENT = "one file holds one spec; remove '---'"


def _no_key(key: Value, place: SourceSpan) -> Problem:
    if isinstance(key, LocatedMap | LocatedList):
        return Problem("a key must be text, not a list or a map", place, "", "yaml")
    kind = "nothing" if key is None else quoted(key).lower()
    return Problem(f"a key must be text, not {kind}", place, "quote it", "yaml")


PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Composer:
    """Builds located values from the parser's events, within limits of size and depth."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.events: Iterator[Any] = yaml.parse(document.text, Loader=PARSER)
        self.anchors: dict[str, tuple[Value, int, int] | None] = {}  # value, nodes, height
        self.nodes, self.copies = 0, 0  # all values, and those that aliases make
        self.height = 0  # of the value composed last

    def document_value(self) -> Value:
        """Compose the value of the only document; None for an empty text."""
        next(self.events)  # stream start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        value, _ = self.value(next(self.events), depth=0)
        next(self.events)  # document end
        more = next(self.events)
        if isinstance(more, yaml.DocumentStartEvent):
            raise self.stop(more, "found another document", _ONE_DOCUMENT)
        return value

    def value(self, event: Any, depth: int) -> tuple[Value, SourceSpan]:
        """The value that starts at `event`, and its place."""
        place = self.place(event)
        self.nodes += 1
        if self.nodes - self.copies > MAX_WRITTEN:
            raise self.stop(event, f"more than {MAX_WRITTEN:,} values")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth), place
        before = self.nodes
        if event.anchor:
            self.anchors[event.anchor] = None  # open: an alias to it now would be a cycle
        value = self.compose(event, place, depth)
        if event.anchor:
            self.anchors[event.anchor] = value, self.nodes - before + 1, self.height
        return value, place

    def compose(self, event: Any, place: SourceSpan, depth: int) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            self.height = 0
            return self.scalar(event, place)
        self.check_depth(depth, event)
        self.check_collection_tag(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth)
        return self.mapping(place, depth)

    def scalar(self, event: yaml.ScalarEvent, place: SourceSpan) -> Value:
        try:
            return scalar_of(event)
        except ScalarError as error:
            self.problems.append(Problem(error.args[0], place, error.args[1], "yaml"))
            return None

    def sequence(self, place: SourceSpan, depth: int) -> LocatedList:
        items, height = LocatedList(place), 0
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.put(*self.value(event, depth + 1))
            height = max(height, self.height)
        self.height = height + 1
        return items

    def mapping(self, place: SourceSpan, depth: int) -> LocatedMap:
        mapping, height = LocatedMap(place), 0
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, key_place = self.value(event, depth + 1)
            key = str(key) if type(key) is int else key  # a class's number is its name
            value, value_place = self.value(next(self.events), depth + 1)
            height = max(height, self.height)
            if self.is_key(key, key_place, mapping):
                mapping.put(key, value, key_place, value_place)
        self.height = height + 1
        return mapping

    def is_key(self, key: Value, place: SourceSpan, mapping: LocatedMap) -> bool:
        """Whether `key` may be added to `mapping`; what forbids it is noted."""
        if not isinstance(key, str):
            self.problems.append(_no_key(key, place))
        elif key == "<<":
            message = "merge keys (<<) belong to YAML 1.1"
            self.problems.append(Problem(message, place, "use vars or extends", "yaml"))
        elif key in mapping:
            first = mapping.key_places[key]
            message = f"the key {quoted(key)} stands twice; first at line {first.line + 1}"
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
        self.nodes, self.copies = self.nodes + nodes, self.copies + nodes
        if self.copies > MAX_NODES:
            raise self.stop(event, f"aliases make more than {MAX_NODES:,} values")
        self.check_depth(depth + self.height, event)
        return value

    def check_depth(self, depth: int, event: Any) -> None:
        if depth > MAX_DEPTH:
            raise self.stop(event, f"nested too deeply: more than {MAX_DEPTH} levels")

    def check_collection_tag(self, event: Any, place: SourceSpan) -> None:
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", CORE + kind):
            message, hint = tag_error(event.tag).args
            self.problems.append(Problem(message, place, hint, "yaml"))

    def place(self, event: Any) -> SourceSpan:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return SourceSpan(self.document, start.line, start.column, max(1, width))

    def stop(self, event: Any, message: str, hint: str = "") -> SpecError:
        """The error that ends composition, where going on would be wrong or too costly."""
        problem = Problem(message, self.place(event), hint, "yaml")
        return SpecError([*self.problems, problem])
