"""Interpolation of `${...}` by the names that `vars` defines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted, visible
from nnspec.language import composer
from nnspec.language.expressions import ExpressionError, UnknownNameError, evaluate
from nnspec.language.located import LocatedList, LocatedMap

_MAX_TEXT = 10_000  # characters that ${...} may make of a text
_TEXT_IN_A_NODE = 100  # characters that count as one value
_PLACEHOLDER = re.compile(r"\$?\$\{([^{}]*)\}")
_UNCLOSED = re.compile(r"(?<!\$)\$\{[^{}]*(\{|\Z)")


def interpolate(root: LocatedMap) -> LocatedMap:
    """Replace every `${...}` and drop `vars`; all unknown names are reported together."""
    names = root.pop("vars", None)
    if names is not None and not isinstance(names, LocatedMap):
        raise SpecError(Problem("vars must be a map of names to values", root.places["vars"]))
    interpolator = _Interpolator(names or LocatedMap(root.place))
    for name in interpolator.names:
        interpolator.variable_value(name)  # a mistake in an unused one counts
    result = interpolator.interpolate_value(root, root.place, 0)
    if interpolator.problems:
        raise SpecError(dict.fromkeys(interpolator.problems))
    return cast("LocatedMap", result)


class _Interpolator:
    """Replaces `${...}`, and counts the values made, so that nested names cannot explode."""

    def __init__(self, names: LocatedMap) -> None:
        self.names = names
        self.problems: list[Problem] = []
        self.resolving: list[str] = []  # the names being worked out, to see a cycle
        self.cache: dict[str, Any] = {}  # names worked out, but for lists and maps
        self.nodes = 0

    def interpolate_value(self, value: Any, place: SourceSpan, depth: int) -> Any:
        """`value`, which stands `depth` levels deep, with every `${...}` replaced."""
        self.count(1, place)
        if depth > composer.MAX_DEPTH:
            raise SpecError(
                Problem(f"nested too deeply: more than {composer.MAX_DEPTH} levels", place)
            )
        if isinstance(value, LocatedMap):
            return self.map(value, depth + 1)
        if isinstance(value, LocatedList):
            items = [
                self.interpolate_value(v, p, depth + 1)
                for v, p in zip(value, value.places, strict=True)
            ]
            return LocatedList.of(value.place, items, value.places)
        return self.text(value, place, depth) if isinstance(value, str) and "${" in value else value

    def map(self, value: LocatedMap, depth: int) -> LocatedMap:
        copy = LocatedMap(value.place)
        for key, item in value.items():
            place = value.places[key]
            copy.put(key, self.interpolate_value(item, place, depth), value.key_places[key], place)
        return copy

    def text(self, text: str, place: SourceSpan, depth: int) -> Any:
        """Replace `${...}` in a string; a string that is one `${...}` keeps the value's type."""
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and not text.startswith("$$"):
            return self.expression(whole[1], place, depth)
        if _UNCLOSED.search(text):
            self.add_problem(
                "a ${ is not closed", place, "write ${name}, or $${ for the characters"
            )
        made = _PLACEHOLDER.sub(
            lambda placeholder: self.placeholder_text(placeholder, place, depth), text
        )
        if len(made) > max(len(text), _MAX_TEXT):
            raise SpecError(
                Problem(f"vars make a text of more than {_MAX_TEXT:,} characters", place)
            )
        self.count(len(made) // _TEXT_IN_A_NODE, place)
        return made

    def placeholder_text(self, placeholder: re.Match[str], place: SourceSpan, depth: int) -> str:
        if placeholder[0].startswith("$$"):
            return placeholder[0][1:]
        value = self.expression(placeholder[1], place, depth)
        if isinstance(value, LocatedMap | LocatedList):
            kind = "map" if isinstance(value, LocatedMap) else "list"
            self.add_problem(f"{placeholder[0]} is a {kind}, not text", place)
            return ""
        return str(value)

    def expression(self, text: str, place: SourceSpan, depth: int) -> Any:
        try:
            return evaluate(text, _Variables(self, depth))
        except UnknownNameError as error:
            name, known = error.args[0], list(self.names)
            self.add_problem(
                f"vars has no name {quoted(name)}",
                place,
                lambda: did_you_mean(name, known) or "define it under vars",
            )
        except ExpressionError as error:
            self.add_problem(f"${{{visible(text[:60])}}}: {error}", place)
        return None

    def variable_value(self, name: str, depth: int = 0) -> Any:
        """The value of a name; a list or a map is copied at each use, and counted."""
        place = self.names.places[name]
        self.count(1, place)
        if name in self.cache:
            return self.cache[name]
        if name in self.resolving:
            raise SpecError(
                Problem(f"vars: {' -> '.join([*self.resolving, name])} is a cycle", place)
            )
        self.resolving.append(name)
        value = self.interpolate_value(self.names[name], place, depth + 1)
        self.resolving.pop()
        if not isinstance(value, LocatedMap | LocatedList):
            self.cache[name] = value
        return value

    def count(self, nodes: int, place: SourceSpan) -> None:
        self.nodes += nodes
        if self.nodes > composer.MAX_NODES:
            raise SpecError(
                Problem(
                    f"more than {composer.MAX_NODES:,} values (those of vars at each use)", place
                )
            )

    def add_problem(
        self, message: str, place: SourceSpan, hint: str | Callable[[], str] = ""
    ) -> None:
        self.problems.append(Problem(message, place, hint))


class _Variables(Mapping[str, Any]):
    """The names of `vars`, each evaluated when an expression uses it."""

    def __init__(self, interpolator: _Interpolator, depth: int) -> None:
        self.interpolator, self.depth = interpolator, depth

    def __contains__(self, name: object) -> bool:
        return name in self.interpolator.names

    def __getitem__(self, name: str) -> Any:
        return self.interpolator.variable_value(name, self.depth)

    def __iter__(self) -> Iterator[str]:
        return iter(self.interpolator.names)

    def __len__(self) -> int:
        return len(self.interpolator.names)
