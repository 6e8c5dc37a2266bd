"""From a file to plain values: `extends`, command-line overrides, then `vars` and `${...}`.

The values stay marked, so that whatever is said of them later can name its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

from nnspec import catalog, source
from nnspec.arithmetic import ArithmeticFault, UnknownName, evaluate
from nnspec.errors import Document, Place, Problem, SpecError, did_you_mean, shown, visible
from nnspec.source import Map, Seq

MAX_EXTENDS = 16
_HOLE = re.compile(r"\$?\$\{([^{}]*)\}")


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The marked map of a spec file with everything that it refers to put in.

    Raises SpecError for bad YAML, a bad override, an unknown name in `${...}` or a cycle.
    """
    root = _extended(Path(path), ())
    for text in overrides:
        root = _overridden(root, text)
    return _without_vars(root)


# ---------------------------------------------------------------- extends


def _extended(path: Path, below: tuple[Path, ...]) -> Map:
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
    place = root.places["extends"]
    return _laid_over(_extended(_base_path(base, path, below, place), (*below, path.resolve())), root)


def _base_path(base: Any, path: Path, below: tuple[Path, ...], place: Place) -> Path:
    if not isinstance(base, str) or not base:
        _fail(f"extends needs the path of a spec, not {shown(base)}", place)
    found = path.parent / base
    if found.resolve() in (*below, path.resolve()):
        _fail(f"{shown(base)} extends itself", place)
    if len(below) >= MAX_EXTENDS:
        _fail(f"more than {MAX_EXTENDS} specs extend each other", place)
    if not found.is_file():
        _fail(f"cannot find {shown(base)}", place, "the path is relative to this file")
    return found


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
    return any(catalog.knows(family, one) and catalog.knows(family, other) for family in catalog.families())


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
        _fail(f"{shown(text)} is no override", Place(document, 0, 0, len(text)), "write key.path=value")
    place = Place(document, 0, len(path) + 1, max(1, len(written)))
    changed: Map = _with(root, _steps(document, path), _value(document, len(path) + 1), place)
    return changed


def _steps(document: Document, path: str) -> list[_Step]:
    names = path.split(".")
    starts = accumulate((len(name) + 1 for name in names), initial=0)
    return [_Step(n, Place(document, 0, start, len(n))) for n, start in zip(names, starts, strict=False)]


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
        return _seq(value.place, items, places)
    value = _as_map(value, step)
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
        _fail(f"{shown(step.name)} is set inside {shown(value)}, which has no keys", step.place, hint)
    return Map(step.place)


def _index(value: Seq, step: _Step) -> int:
    if not step.name.isdecimal() or int(step.name) >= len(value):
        _fail(f"there is no item {shown(step.name)} in a list of {len(value)}", step.place,
              f"items are numbered 0 to {len(value) - 1}")  # fmt: skip
    return int(step.name)


def _seq(place: Place, items: Sequence[Any], places: Sequence[Place]) -> Seq:
    seq = Seq(place)
    for item, item_place in zip(items, places, strict=True):
        seq.put(item, item_place)
    return seq


# ---------------------------------------------------------------- vars and ${...}


def _without_vars(root: Map) -> Map:
    """`root` without `vars`, every `${...}` replaced; all unknown names are reported together."""
    names = root.pop("vars", None)
    if names is not None and not isinstance(names, Map):
        _fail("vars must be a map of names to values", root.places["vars"])
    filler = _Filler(names or Map(root.place))
    for name in filler.names:
        filler.name_value(name, filler.names.places[name])  # a mistake in an unused one counts
    filled = filler.filled(root, root.place, 0)
    if filler.problems:
        raise SpecError(dict.fromkeys(filler.problems))
    return cast(Map, filled)


class _Filler:
    """Replaces `${...}` in values; counts what it makes, so that names cannot explode."""

    def __init__(self, names: Map) -> None:
        self.names = names
        self.problems: list[Problem] = []
        self.open: list[str] = []  # the names being worked out, to see a cycle
        self.nodes = 0

    def filled(self, value: Any, place: Place, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > source.MAX_NODES or depth > source.MAX_DEPTH:
            _fail("vars make the spec too large", place)
        if isinstance(value, Map):
            return self.map(value, depth + 1)
        if isinstance(value, Seq):
            items = [self.filled(v, p, depth + 1) for v, p in zip(value, value.places, strict=True)]
            return _seq(value.place, items, value.places)
        return self.text(value, place, depth) if isinstance(value, str) and "${" in value else value

    def map(self, value: Map, depth: int) -> Map:
        copy = Map(value.place)
        for key, item in value.items():
            place = value.places[key]
            copy.put(key, self.filled(item, place, depth), value.key_places[key], place)
        return copy

    def text(self, text: str, place: Place, depth: int) -> Any:
        """A text that is one `${...}` becomes its value; within a text it becomes text."""
        whole = _HOLE.fullmatch(text)
        if whole and not text.startswith("$$"):
            return self.expression(whole[1], place, depth)
        return _HOLE.sub(lambda hole: self.piece(hole, place, depth), text)

    def piece(self, hole: re.Match[str], place: Place, depth: int) -> str:
        if hole[0].startswith("$$"):
            return hole[0][1:]
        value = self.expression(hole[1], place, depth)
        if isinstance(value, Map | Seq):
            self.note(f"{hole[0]} is a {type(value).__name__.lower()}, not text", place)
        return str(value)

    def expression(self, text: str, place: Place, depth: int) -> Any:
        try:
            return evaluate(text, _Names(self, place, depth))
        except UnknownName as error:
            hint = did_you_mean(error.args[0], list(self.names)) or "define it under vars"
            self.note(f"vars has no name {shown(error.args[0])}", place, hint)
        except ArithmeticFault as error:
            self.note(f"${{{visible(text[:60])}}}: {error}", place)
        return None

    def name_value(self, name: str, place: Place, depth: int = 0) -> Any:
        if name in self.open:
            _fail(f"vars: {' -> '.join([*self.open, name])} is a cycle", self.names.places[name])
        self.open.append(name)
        value = self.filled(self.names[name], self.names.places[name], depth)
        self.open.pop()
        return value

    def note(self, message: str, place: Place, hint: str = "") -> None:
        self.problems.append(Problem(message, place, hint))


class _Names(Mapping[str, Any]):
    """The names of `vars`, each worked out when an expression asks for it."""

    def __init__(self, filler: _Filler, place: Place, depth: int) -> None:
        self.filler, self.place, self.depth = filler, place, depth

    def __contains__(self, name: object) -> bool:
        return name in self.filler.names

    def __getitem__(self, name: str) -> Any:
        return self.filler.name_value(name, self.place, self.depth)

    def __iter__(self) -> Iterator[str]:
        return iter(self.filler.names)

    def __len__(self) -> int:
        return len(self.filler.names)


def _fail(message: str, place: Place, hint: str = "") -> NoReturn:
    raise SpecError(Problem(message, place, hint))
