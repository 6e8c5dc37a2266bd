"""The names that expressions use: local ones over those that `vars` defines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.language.located import LocatedList, LocatedMap


class Invalid:
    """Stands for a value whose expression has a mistake, which is reported; so is no other."""

    def __str__(self) -> str:
        return "a value with a mistake"


INVALID = Invalid()


class Names(Protocol):
    """Names with values, and the place that defines each."""

    def __contains__(self, name: object) -> bool: ...

    def known(self) -> list[str]:
        """Every name."""

    def value(self, name: str, depth: int) -> Any:
        """The value of a name that is used `depth` levels deep."""

    def local(self) -> frozenset[str]:
        """The names that `vars` does not define."""

    def origin(self, name: str) -> tuple[str, SourceSpan]:
        """What defines a name, and the place of its value."""

    def unknown(self, name: str, place: SourceSpan) -> Problem:
        """The problem that there is no such name."""


class Variables:
    """The names of `vars`, each evaluated when it is first used."""

    def __init__(
        self, written: LocatedMap, evaluate: Callable[[Any, SourceSpan, int], Any]
    ) -> None:
        self.written = written
        self.evaluate = evaluate
        self.resolving: list[str] = []  # the names being worked out, to see a cycle
        self.values: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.written

    def known(self) -> list[str]:
        return list(self.written)

    def value(self, name: str, depth: int) -> Any:
        if name not in self.values:
            place = self.written.places[name]
            if name in self.resolving:
                chain = " -> ".join([*self.resolving, name])
                raise SpecError(Problem(f"vars: {chain} is a cycle", place))
            self.resolving.append(name)
            self.values[name] = self.evaluate(self.written[name], place, depth + 1)
            self.resolving.pop()
        return self.values[name]

    def local(self) -> frozenset[str]:
        return frozenset()

    def origin(self, name: str) -> tuple[str, SourceSpan]:
        return "vars", self.written.places[name]

    def unknown(self, name: str, place: SourceSpan) -> Problem:
        known = self.known()
        hint = lambda: did_you_mean(name, known) or "define it under vars"  # noqa: E731
        return Problem(f"vars has no name {quoted(name)}", place, hint)


class LocalNames(NamedTuple):
    """A block's parameters or a repetition's name, over the names that are visible around them."""

    values: LocatedMap
    outer: Names
    owner: str

    def __contains__(self, name: object) -> bool:
        return name in self.values or name in self.outer

    def known(self) -> list[str]:
        return list(dict.fromkeys([*self.values, *self.outer.known()]))

    def value(self, name: str, depth: int) -> Any:
        return self.values[name] if name in self.values else self.outer.value(name, depth)

    def local(self) -> frozenset[str]:
        return self.outer.local().union(self.values)

    def origin(self, name: str) -> tuple[str, SourceSpan]:
        if name in self.values:
            return self.owner, self.values.places[name]
        return self.outer.origin(name)

    def unknown(self, name: str, place: SourceSpan) -> Problem:
        known = self.known()
        hint = lambda: did_you_mean(name, known) or "define it under vars"  # noqa: E731
        return Problem(f"there is no name {quoted(name)} here", place, hint)


class NameScope(NamedTuple):
    """The names that a value's expressions may use, and the use that makes the value.

    Without names, a value is taken as it is: its expressions are evaluated already.
    """

    names: Names | None
    use: SourceSpan | None = None

    def at(self, place: SourceSpan) -> SourceSpan:
        """The place of a value, together with that of its use."""
        if self.use is None or place.use is not None:
            return place
        return SourceSpan(place.document, place.line, place.column, place.width, self.use)

    def changed_map(self, value: LocatedMap, changes: dict[str, Any]) -> LocatedMap:
        """The map with some values changed, and places that have the use; itself without either."""
        if not changes and self.use is None:
            return value
        copy = value.copy()
        copy.update(changes)
        if self.use is not None:
            copy.place = self.at(value.place)
            copy.places = {key: self.at(place) for key, place in value.places.items()}
            copy.key_places = {key: self.at(place) for key, place in value.key_places.items()}
        return copy

    def changed_list(self, value: LocatedList, changes: dict[int, Any]) -> LocatedList:
        """The list with some items changed, and places that have the use; itself without either."""
        if not changes and self.use is None:
            return value
        items = [changes.get(index, item) for index, item in enumerate(value)]
        return LocatedList.of(self.at(value.place), items, map(self.at, value.places))


EVALUATED = NameScope(None)
