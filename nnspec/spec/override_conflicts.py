"""Overrides that replace what another one has set: at most one of them can be meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nnspec.errors import Problem, SourceSpan, SpecError, quoted
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.spec.overrides import COMMAND_LINE, apply_override


def apply_overrides(root: LocatedMap, texts: Sequence[str], name: str = COMMAND_LINE) -> LocatedMap:
    """`root` with each override; `name` is what messages call the place of one.

    Raises SpecError where one replaces a value of one before, or is a variable that nothing reads.
    """
    for text in texts:
        changed = apply_override(root, text, name)
        kept = set(_places(changed, root, name))
        lost = [place for place in _places(root, changed, name) if place not in kept]
        if lost:
            raise _conflict(text, lost[0])
        root = changed
    if any(text.startswith("vars") for text in texts):
        from nnspec.spec.variables import verify_read  # few overrides set variables

        verify_read(root, name)
    return root


def _places(value: Any, other: Any, name: str) -> Iterator[SourceSpan]:
    """The places of single values that overrides have set, but for what `other` shares."""
    for key, item, place in _items(value):
        twin = _item(other, key)
        if item is twin and isinstance(item, LocatedMap | LocatedList):
            continue
        single = not item or not isinstance(item, LocatedMap | LocatedList)
        if single and place.document.name == name and not _is_expanded(item, twin):
            yield place
        yield from _places(item, twin, name)


def _is_expanded(value: Any, twin: Any) -> bool:
    """Whether `twin` is a map in which the value has got options: `sgd`, an empty map."""
    if not isinstance(twin, LocatedMap):
        return False
    return list(twin) == [value] if isinstance(value, str) else not value


def _items(value: Any) -> Iterator[tuple[Any, Any, SourceSpan]]:
    """The key, the value and its place of each item of a map or a list."""
    if isinstance(value, LocatedMap):
        yield from ((key, item, value.places[key]) for key, item in value.items())
    elif isinstance(value, LocatedList):
        yield from zip(range(len(value)), value, value.places, strict=True)


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, LocatedMap):
        return value.get(key)
    inside = isinstance(value, LocatedList) and isinstance(key, int) and key < len(value)
    return value[key] if inside else None


def _conflict(text: str, lost: SourceSpan) -> SpecError:
    message = f"{quoted(text)} replaces what {quoted(lost.document.lines[0])} has set"
    return SpecError(Problem(message, lost, "give one of them"))
