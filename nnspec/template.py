"""From a file to plain values: `extends`, command-line overrides, then `vars` and `${...}`.

The values stay marked, so that whatever is said of them later can name its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from nnspec import catalog, compose, source
from nnspec.errors import Document, Place, Problem, SpecError, shown
from nnspec.holes import without_vars
from nnspec.marked import Map, Seq
from nnspec.record import fields

MAX_EXTENDS = 16


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The marked map of a spec file with everything that it refers to put in.

    Raises SpecError for bad YAML, a bad override, an unknown name in `${...}` or a cycle.
    """
    return filled(read(path, overrides))


def read(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The first half of `resolve`: `vars` and `${...}` are still there."""
    root = _extended(Path(path), ())
    for text in overrides:
        root = _overridden(root, text)
    return root


def filled(root: Map) -> Map:
    """The second half of `resolve`."""
    return without_vars(_copied(root))


def with_value(root: Map, path: str, value: Any, place: Place) -> Map:
    """`root` with one value set, as by an override; what is wrong with it is said of `place`."""
    names = path.split(".")
    if not all(names) or len(names) > compose.MAX_DEPTH:
        _fail(f"{shown(path)} is no path of a value", place, "write it as key.path")
    changed: Map = _with(root, [_Step(name, place) for name in names], value, place)
    return changed


# ---------------------------------------------------------------- extends


def _extended(path: Path, below: tuple[str, ...]) -> Map:
    """The map of a file laid over that of the file which it extends."""
    document = source.read(path)
    root = source.parse(document)
    if not isinstance(root, Map):
        what = "is empty" if root is None else "holds no map of keys"
        place = getattr(root, "place", None) or Place(document, 0, 0)
        raise SpecError(Problem(f"the spec {what}", place, "start with `network:`"))
    base = root.pop("extends", None)
    if "extends" not in root.places:
        return root
    below = (*below, os.path.realpath(path))
    return _laid_over(_base(base, path.parent, below, root.places["extends"]), root)


def _base(base: Any, folder: Path, below: tuple[str, ...], place: Place) -> Map:
    """The map of the file `base`, which the last of the files `below` extends."""
    if not isinstance(base, str) or not base:
        _fail(f"extends needs the path of a spec, not {shown(base)}", place)
    if "\0" not in base and os.path.realpath(folder / base) in below:
        _fail(f"{shown(base)} extends itself", place)
    if len(below) >= MAX_EXTENDS:
        _fail(f"more than {MAX_EXTENDS} specs extend each other", place)
    try:
        return _extended(folder / base, below)
    except SpecError as error:
        raise SpecError(problem.at(place) for problem in error.problems) from None


def _laid_over(base: Map, top: Map) -> Map:
    """`base` changed by `top`: maps key by key, everything else replaced as a whole."""
    merged = _copied(base)
    for key, value in top.items():
        old = merged.get(key)
        if isinstance(old, Map) and isinstance(value, Map) and not _other_kind(old, value):
            value = _laid_over(old, value)
        merged.put(key, value, top.key_places[key], top.places[key])
    return merged


def _other_kind(old: Map, new: Map) -> bool:
    """Whether both are components and of different kinds: `{sgd: ...}` and `{adam: ...}`."""
    if len(old) != 1 or len(new) != 1 or old.keys() == new.keys():
        return False
    (one,), (other,) = old, new
    return any(
        catalog.knows(family, one) and catalog.knows(family, other) for family in catalog.families()
    )


def _copied(value: Map) -> Map:
    copy = Map(value.place)
    for key, item in value.items():
        copy.put(key, item, value.key_places[key], value.places[key])
    return copy


# ---------------------------------------------------------------- overrides


class _Step(NamedTuple):
    """One name of an override's path, and where it stands on the command line."""

    name: str
    place: Place


def _overridden(root: Map, text: str) -> Map:
    """`root` with one value set: `key.path=value`; a list's items are named by their number."""
    document = Document("command line", text)
    path, equals, written = text.partition("=")
    if not equals or not all(path.split(".")):
        _fail(
            f"{shown(text)} is no override",
            Place(document, 0, 0, len(text)),
            "write key.path=value",
        )
    if path.count(".") >= compose.MAX_DEPTH:
        _fail(f"the path has more than {compose.MAX_DEPTH} names", Place(document, 0, 0, len(path)))
    place = Place(document, 0, len(path) + 1, max(1, len(written)))
    changed: Map = _with(root, _steps(document, path), _value(document, len(path) + 1), place)
    return changed


def _steps(document: Document, path: str) -> list[_Step]:
    names = path.split(".")
    starts = accumulate((len(name) + 1 for name in names), initial=0)
    return [
        _Step(n, Place(document, 0, start, len(n))) for n, start in zip(names, starts, strict=False)
    ]


def _value(document: Document, start: int) -> Any:
    """The value written from `start` on, with places that count from the override's start."""
    blanked = Document(document.name, " " * start + document.text[start:])
    blanked.lines = document.lines
    return source.parse(blanked)


def _with(value: Any, steps: Sequence[_Step], new: Any, place: Place) -> Any:
    """A copy of `value` in which the value at `steps` is `new`; what is shared stays as it was."""
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, Seq):
        index = _index(value, step)
        items, places = list(value), list(value.places)
        items[index] = _with(value[index], rest, new, place)
        places[index] = places[index] if rest else place
        return Seq.of(value.place, items, places)
    value = _as_map(value, step)
    value = _with_options(value, step, rest)
    old_place = value.places.get(step.name, step.place) if rest else place
    copy = _copied(value)
    copy.put(step.name, _with(value.get(step.name), rest, new, place), step.place, old_place)
    return copy


def _as_map(value: Any, step: _Step) -> Map:
    """The map in which a step is taken; nothing, and a kind alone (`sgd`), become maps."""
    if isinstance(value, Map):
        return value
    if value is not None and value != step.name:
        hint = f"write ...={{{value}: {{{step.name}: ...}}}}" if isinstance(value, str) else ""
        _fail(
            f"{shown(step.name)} is set inside {shown(value)}, which has no keys", step.place, hint
        )
    return Map(step.place)


def _with_options(value: Map, step: _Step, rest: Sequence[_Step]) -> Map:
    """`{sgd: 0.1}` as `{sgd: {learning_rate: 0.1}}`, where a step into sgd's options follows."""
    option = value.get(step.name)
    if not rest or option is None or isinstance(option, Map | Seq):
        return value
    primary = _primary(step.name, rest[0].name)
    if primary is None:
        return value
    place = value.places[step.name]
    options, copy = Map(place), _copied(value)
    options.put(primary, option, value.key_places[step.name], place)
    copy.put(step.name, options, value.key_places[step.name], place)
    return copy


def _primary(kind: str, option: str) -> str | None:
    """The primary option of a component that is called `kind` and has such an option."""
    known = (catalog.find(family, kind) for family in catalog.families())
    classes = [cls for cls in known if cls and cls.primary and option in fields(cls)]
    return classes[0].primary if classes else None


def _index(value: Seq, step: _Step) -> int:
    if not re.fullmatch("[0-9]{1,9}", step.name) or int(step.name) >= len(value):
        _fail(f"there is no item {shown(step.name)} in a list of {len(value)}", step.place,
              f"items are numbered 0 to {len(value) - 1}")  # fmt: skip
    return int(step.name)


def _fail(message: str, place: Place, hint: str = "") -> NoReturn:
    raise SpecError(Problem(message, place, hint))
