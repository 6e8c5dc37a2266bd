"""From a file to plain values: `extends`, command-line overrides, then `vars` and `${...}`.

The values stay marked, so that whatever is said of them later can name its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

from nnspec import catalog, source
from nnspec.arithmetic import ArithmeticFault, UnknownName, evaluate
from nnspec.errors import Document, Place, Problem, SpecError, did_you_mean, shown, visible
from nnspec.source import Map, Seq

MAX_EXTENDS = 16
_MAX_TEXT = 10_000  # characters that ${...} may make of a text
_HOLE = re.compile(r"\$?\$\{([^{}]*)\}")
_UNCLOSED = re.compile(r"(?<!\$)\$\{[^{}]*(\{|\Z)")
_TEXT_IN_A_NODE = 100  # characters that count as one value


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The marked map of a spec file with everything that it refers to put in.

    Raises SpecError for bad YAML, a bad override, an unknown name in `${...}` or a cycle.
    """
    root = _extended(Path(path), ())
    for text in overrides:
        root = _overridden(root, text)
    return _without_vars(root)


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
        _fail(
            f"{shown(step.name)} is set inside {shown(value)}, which has no keys", step.place, hint
        )
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
        filler.name_value(name)  # a mistake in an unused one counts
    filled = filler.filled(root, root.place, 0)
    if filler.problems:
        raise SpecError(dict.fromkeys(filler.problems))
    return cast("Map", filled)


class _Filler:
    """Replaces `${...}` in values; counts what it makes, so that names cannot explode."""

    def __init__(self, names: Map) -> None:
        self.names = names
        self.problems: list[Problem] = []
        self.open: list[str] = []  # the names being worked out, to see a cycle
        self.known: dict[str, Any] = {}  # names worked out, but for lists and maps
        self.nodes = 0

    def filled(self, value: Any, place: Place, depth: int) -> Any:
        """`value`, which stands `depth` levels deep, with every `${...}` replaced."""
        self.count(1, place)
        if depth > source.MAX_DEPTH:
            _fail("vars nest the spec too deeply", place)
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
        if _UNCLOSED.search(text):
            self.note("a ${ is not closed", place, "write ${name}, or $${ for the characters")
        made = _HOLE.sub(lambda hole: self.piece(hole, place, depth), text)
        if len(made) > max(len(text), _MAX_TEXT):
            _fail(f"vars make a text of more than {_MAX_TEXT:,} characters", place)
        self.count(len(made) // _TEXT_IN_A_NODE, place)
        return made

    def piece(self, hole: re.Match[str], place: Place, depth: int) -> str:
        if hole[0].startswith("$$"):
            return hole[0][1:]
        value = self.expression(hole[1], place, depth)
        if isinstance(value, Map | Seq):
            self.note(f"{hole[0]} is a {type(value).__name__.lower()}, not text", place)
            return ""
        return str(value)

    def expression(self, text: str, place: Place, depth: int) -> Any:
        try:
            return evaluate(text, _Names(self, depth))
        except UnknownName as error:
            name, known = error.args[0], list(self.names)
            self.note(
                f"vars has no name {shown(name)}",
                place,
                lambda: did_you_mean(name, known) or "define it under vars",
            )
        except ArithmeticFault as error:
            self.note(f"${{{visible(text[:60])}}}: {error}", place)
        return None

    def name_value(self, name: str, depth: int = 0) -> Any:
        """What a name stands for, at a depth: a list or a map is made anew each time, and counted."""
        place = self.names.places[name]
        self.count(1, place)
        if name in self.known:
            return self.known[name]
        if name in self.open:
            _fail(f"vars: {' -> '.join([*self.open, name])} is a cycle", place)
        self.open.append(name)
        value = self.filled(self.names[name], place, depth + 1)
        self.open.pop()
        if not isinstance(value, Map | Seq):
            self.known[name] = value
        return value

    def count(self, nodes: int, place: Place) -> None:
        self.nodes += nodes
        if self.nodes > source.MAX_NODES:
            _fail(f"vars make the spec larger than {source.MAX_NODES:,} values", place)

    def note(self, message: str, place: Place, hint: str | Callable[[], str] = "") -> None:
        self.problems.append(Problem(message, place, hint))


class _Names(Mapping[str, Any]):
    """The names of `vars`, each worked out when an expression asks for it."""

    def __init__(self, filler: _Filler, depth: int) -> None:
        self.filler, self.depth = filler, depth

    def __contains__(self, name: object) -> bool:
        return name in self.filler.names

    def __getitem__(self, name: str) -> Any:
        return self.filler.name_value(name, self.depth)

    def __iter__(self) -> Iterator[str]:
        return iter(self.filler.names)

    def __len__(self) -> int:
        return len(self.filler.names)


def _fail(message: str, place: Place, hint: str = "") -> NoReturn:
    raise SpecError(Problem(message, place, hint))
