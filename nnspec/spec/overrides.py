"""Overrides: `key.path=value` words that change a spec."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from nnspec.errors import Document, Problem, SourceSpan, SpecError, quoted
from nnspec.language import composer, reader
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.options import registry


def set_value(root: LocatedMap, path: str, value: Any, place: SourceSpan) -> LocatedMap:
    """A copy of `root` with the value at `path` replaced; errors are reported at `place`."""
    names = path.split(".")
    if not all(names) or len(names) > composer.MAX_DEPTH:
        raise SpecError(
            Problem(f"{quoted(path)} is no path of a value", place, "write it as key.path")
        )
    changed: LocatedMap = _with(root, [_Step(name, place) for name in names], value, place)
    return changed


# ---------------------------------------------------------------- overrides


class _Step(NamedTuple):
    """One name of an override's path, and where it stands on the command line."""

    name: str
    place: SourceSpan


def apply_override(root: LocatedMap, text: str) -> LocatedMap:
    """`root` with one value set: `key.path=value`; a list's items are named by their number."""
    document = Document("command line", text)
    path, equals, written = text.partition("=")
    if not equals or not all(path.split(".")):
        raise SpecError(
            Problem(
                f"{quoted(text)} is no override",
                SourceSpan(document, 0, 0, len(text)),
                "write key.path=value",
            )
        )
    if path.count(".") >= composer.MAX_DEPTH:
        raise SpecError(
            Problem(
                f"the path has more than {composer.MAX_DEPTH} names",
                SourceSpan(document, 0, 0, len(path)),
            )
        )
    place = SourceSpan(document, 0, len(path) + 1, max(1, len(written)))
    changed: LocatedMap = _with(
        root, _steps(document, path), _value(document, len(path) + 1), place
    )
    return changed


def _steps(document: Document, path: str) -> list[_Step]:
    names = path.split(".")
    starts = accumulate((len(name) + 1 for name in names), initial=0)
    return [
        _Step(n, SourceSpan(document, 0, start, len(n)))
        for n, start in zip(names, starts, strict=False)
    ]


def _value(document: Document, start: int) -> Any:
    """The value written from `start` on, with places that count from the override's start."""
    blanked = Document(document.name, " " * start + document.text[start:])
    blanked.lines = document.lines
    return reader.parse(blanked)


def _with(value: Any, steps: Sequence[_Step], new: Any, place: SourceSpan) -> Any:
    """A copy of `value` in which the value at `steps` is `new`; what is shared stays as it was."""
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, LocatedList):
        index = _index(value, step)
        items, places = list(value), list(value.places)
        items[index] = _with(value[index], rest, new, place)
        places[index] = places[index] if rest else place
        return LocatedList.of(value.place, items, places)
    value = _as_map(value, step)
    value = _with_options(value, step, rest)
    old_place = value.places.get(step.name, step.place) if rest else place
    copy = value.copy()
    copy.put(step.name, _with(value.get(step.name), rest, new, place), step.place, old_place)
    return copy


def _as_map(value: Any, step: _Step) -> LocatedMap:
    """The map in which a step is taken; nothing, and a kind alone (`sgd`), become maps."""
    if isinstance(value, LocatedMap):
        return value
    if value is not None and value != step.name:
        hint = f"write ...={{{value}: {{{step.name}: ...}}}}" if isinstance(value, str) else ""
        raise SpecError(
            Problem(
                f"{quoted(step.name)} is set inside {quoted(value)}, which has no keys",
                step.place,
                hint,
            )
        )
    return LocatedMap(step.place)


def _with_options(value: LocatedMap, step: _Step, rest: Sequence[_Step]) -> LocatedMap:
    """`{sgd: 0.1}` as `{sgd: {learning_rate: 0.1}}`, where a step into sgd's options follows."""
    option = value.get(step.name)
    if not rest or option is None or isinstance(option, LocatedMap | LocatedList):
        return value
    primary = _primary(step.name, rest[0].name)
    if primary is None:
        return value
    place = value.places[step.name]
    options, copy = LocatedMap(place), value.copy()
    options.put(primary, option, value.key_places[step.name], place)
    copy.put(step.name, options, value.key_places[step.name], place)
    return copy


def _primary(kind: str, option: str) -> str | None:
    """The primary option of a component that is called `kind` and has such an option."""
    known = (registry.find(family, kind) for family in registry.families())
    classes = [cls for cls in known if cls and cls.primary and option in cls.model_fields]
    return classes[0].primary if classes else None


def _index(value: LocatedList, step: _Step) -> int:
    if not re.fullmatch("[0-9]{1,9}", step.name) or int(step.name) >= len(value):
        message = f"there is no item {quoted(step.name)} in a list of {len(value)}"
        hint = f"items are numbered 0 to {len(value) - 1}"
        raise SpecError(Problem(message, step.place, hint))
    return int(step.name)
