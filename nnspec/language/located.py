"""Dict and list subclasses that store the source span of each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from nnspec.errors import Document, SourceSpan

Value = Any  # None, bool, int, float, str, LocatedMap or LocatedList


class LocatedMap(dict[str, Value]):
    """A map with the source span of each key and each value."""

    __slots__ = ("key_places", "place", "places")

    def __init__(self, place: SourceSpan) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, SourceSpan] = {}
        self.places: dict[str, SourceSpan] = {}

    def copy(self) -> Self:
        """A shallow copy, places included."""
        copy = type(self)(self.place)
        copy.update(self)
        copy.key_places.update(self.key_places)
        copy.places.update(self.places)
        return copy

    def put(self, key: str, value: Value, key_place: SourceSpan, place: SourceSpan) -> None:
        """Set an item with the source spans of its key and its value."""
        self[key] = value
        self.key_places[key] = key_place
        self.places[key] = place


class LocatedList(list[Value]):
    """A list with the source span of each item."""

    __slots__ = ("place", "places")

    def __init__(self, place: SourceSpan) -> None:
        super().__init__()
        self.place = place
        self.places: list[SourceSpan] = []

    @classmethod
    def of(cls, place: SourceSpan, items: Iterable[Value], places: Iterable[SourceSpan]) -> Self:
        """A list of items with their spans."""
        seq = cls(place)
        seq.extend(items)
        seq.places.extend(places)
        return seq

    def put(self, value: Value, place: SourceSpan) -> None:
        """Append an item with its source span."""
        self.append(value)
        self.places.append(place)


def end_place(document: Document) -> SourceSpan:
    """The end of a document: the first of its last blank lines, or the end of its last line."""
    lines = document.lines
    used = max((i for i, line in enumerate(lines, start=1) if line.strip()), default=0)
    if used < len(lines):
        return SourceSpan(document, used, 0)
    return SourceSpan(document, used - 1, len(lines[-1]))


def count_values(value: Value) -> int:
    """The number of values in a value, itself included."""
    if not isinstance(value, Mapping | list):
        return 1
    return 1 + sum(map(count_values, value.values() if isinstance(value, Mapping) else value))


def locate(value: Value, path: Sequence[Any]) -> SourceSpan | None:
    """Source span of the value at `path`, or of its deepest existing ancestor."""
    place: SourceSpan | None = getattr(value, "place", None)
    for step in path:
        if isinstance(value, LocatedList) and isinstance(step, str):
            continue  # a list that stands for a map with this option alone
        if not (isinstance(value, LocatedMap | LocatedList) and holds(value, step)):
            break
        place, value = value.places[step], value[step]
    return place


def holds(value: Value, step: Any) -> bool:
    """Whether `step` is a key of the map `value`, or an index in the list."""
    if isinstance(value, Mapping):
        return bool(step in value)
    return isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)


def written_steps(options: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    """The steps of `path` that lead to written values; a union's branches are no such steps."""
    for depth, step in enumerate(path):
        if not holds(options, step):
            return path[:depth]
        options = options[step]
    return path


def value_at(value: Value, path: Sequence[Any]) -> Value:
    """The value at `path`, or None where there is none."""
    for step in path:
        if isinstance(value, LocatedList) and isinstance(step, str):
            continue  # a list that stands for a map with this option alone
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def key_place(value: Value, path: Sequence[Any]) -> SourceSpan | None:
    """Source span of the key at `path`; that of `locate` if it is no map key."""
    *parents, last = path
    value = value_at(value, parents)
    if isinstance(value, LocatedMap) and last in value.key_places:
        return value.key_places[last]
    return locate(value, [last])
