"""Interpolation of `${...}` in located values, within limits of size, depth and time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from nnspec.errors import Problem, SourceSpan, SpecError, visible
from nnspec.language import composer
from nnspec.language.expressions import parse
from nnspec.language.located import LocatedList, LocatedMap, count_values
from nnspec.language.names import INVALID, Invalid, Names, NameScope, Variables
from nnspec.language.operations import Budget, ExpressionError, StepsError, describe

_MAX_TEXT = 10_000  # characters that ${...} may make of a text
_TEXT_IN_A_NODE = 100  # characters that count as one value
_PLACEHOLDER = re.compile(r"\$?\$\{([^{}]*)\}")
_UNCLOSED = re.compile(r"(?<!\$)\$\{[^{}]*(\{|\Z)")

_PLAIN = (int, float, bool, type(None))

Origins = tuple[tuple[str, str, SourceSpan], ...]  # of names: what defines it, where its value is


class Interpolator:
    """Replaces `${...}`, and counts the values made, so that nested names cannot explode."""

    def __init__(self, variables: LocatedMap, document: LocatedMap) -> None:
        self.document = document
        self.variables = Variables(variables, self._variable)
        self.scope = NameScope(self.variables)
        self.problems: list[Problem] = []
        self.budget = Budget()
        self.nodes = 0
        self.origins: dict[SourceSpan, Origins] = {}  # of the values that ${...} stood for

    def evaluate_variables(self) -> None:
        """Evaluate every name of `vars`: a mistake in an unused one counts."""
        for name in self.variables.known():
            self.variables.value(name, 0)

    def _variable(self, value: Any, place: SourceSpan, depth: int) -> Any:
        self.enter(place, depth, 1)
        return self.value(value, place, depth, self.scope)

    def value(self, value: Any, place: SourceSpan, depth: int, scope: NameScope) -> Any:
        """`value`, which stands `depth` levels deep, with every `${...}` replaced."""
        if isinstance(value, LocatedMap):
            return self._map(value, place, depth, scope)
        if isinstance(value, LocatedList):
            return self._list(value, place, depth, scope)
        if isinstance(value, str) and "${" in value:
            return self.text(value, place, depth, scope)
        return value

    def _map(
        self, value: LocatedMap, place: SourceSpan, depth: int, scope: NameScope
    ) -> LocatedMap:
        self.enter(place, depth, len(value))
        changes = {}
        for key, item in value.items():
            if not is_plain(item):
                made = self.value(item, scope.at(value.places[key]), depth + 1, scope)
                if made is not item:
                    changes[key] = made
        return scope.changed_map(value, changes)

    def _list(
        self, value: LocatedList, place: SourceSpan, depth: int, scope: NameScope
    ) -> LocatedList:
        self.enter(place, depth, len(value))
        changes = {}
        for index, item in enumerate(value):
            if not is_plain(item):
                made = self.value(item, scope.at(value.places[index]), depth + 1, scope)
                if made is not item:
                    changes[index] = made
        return scope.changed_list(value, changes)

    def text(self, text: str, place: SourceSpan, depth: int, scope: NameScope) -> Any:
        """Replace `${...}` in a string; a string that is one `${...}` keeps the value's type."""
        if scope.names is None:
            return text
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and not text.startswith("$$"):
            return self.expression(whole[1], place, depth, scope.names)
        self._verify_closed(text, place)
        return self._joined(text, place, depth, scope.names)

    def _joined(self, text: str, place: SourceSpan, depth: int, names: Names) -> str:
        """The text with the text of each expression in its place."""
        parts, length, end = [], 0, 0
        for found in _PLACEHOLDER.finditer(text):
            parts += [text[end : found.start()], self._part(found, place, depth, names)]
            length, end = length + len(parts[-1]), found.end()
            if length > _MAX_TEXT:
                message = f"${{...}} makes a text of more than {_MAX_TEXT:,} characters"
                raise SpecError(Problem(message, place))
        self.count(length // _TEXT_IN_A_NODE, place)
        return "".join([*parts, text[end:]])

    def _part(self, found: re.Match[str], place: SourceSpan, depth: int, names: Names) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        value = self.expression(found[1], place, depth, names)
        if isinstance(value, LocatedMap | LocatedList):
            kind = "map" if isinstance(value, LocatedMap) else "list"
            self.problems.append(Problem(f"{found[0]} is a {kind}, not text", place))
            return ""
        return describe(value) if value is None or isinstance(value, bool) else str(value)

    def expression(self, text: str, place: SourceSpan, depth: int, names: Names) -> Any:
        """The value of an expression; INVALID where it, or a name in it, has a mistake."""
        known = self._names_of(text, place, names)
        if known is None:
            return INVALID
        values = {name: names.value(name, depth) for name in known}
        if any(isinstance(value, Invalid) for value in values.values()):
            return INVALID
        try:
            result = located(parse(text).value(values, self.budget), place)
        except StepsError as error:
            raise SpecError(Problem(str(error), place)) from None
        except ExpressionError as error:
            self._refuse(text, error, place, _number_hint(values.values()))
            return INVALID
        origins = [(name, *names.origin(name)) for name in known]
        self.origins[place] = (*self.origins.get(place, ()), *origins)
        self.measure(result, place, depth)
        return result

    def _names_of(self, text: str, place: SourceSpan, names: Names) -> tuple[str, ...] | None:
        """The names in an expression; None, with what is wrong noted, where it is invalid."""
        try:
            used = parse(text).names
        except ExpressionError as error:
            self._refuse(text, error, place)
            return None
        unknown = [name for name in used if name not in names]
        self.problems += [names.unknown(name, place) for name in unknown]
        return None if unknown else used

    def _refuse(self, text: str, error: ExpressionError, place: SourceSpan, hint: str = "") -> None:
        self.problems.append(Problem(f"${{{visible(text[:60])}}}: {error}", place, hint))

    def _verify_closed(self, text: str, place: SourceSpan) -> None:
        if _UNCLOSED.search(text):
            hint = "write ${name}, or $${ for the characters"
            self.problems.append(Problem("a ${ is not closed", place, hint))

    def verify(self, text: str, place: SourceSpan, names: Names) -> None:
        """Note what is wrong with the form of each `${...}`, and unknown names in it."""
        self._verify_closed(text, place)
        for found in _PLACEHOLDER.finditer(text):
            if not found[0].startswith("$$"):
                self._names_of(found[1], place, names)

    # ------------------------------------------------------------ limits

    def measure(self, value: Any, place: SourceSpan, depth: int) -> None:
        """Count a value that a name gives, at each use, though it is shared and not copied."""
        if isinstance(value, str):
            self.count(len(value) // _TEXT_IN_A_NODE, place)
        elif isinstance(value, LocatedMap | LocatedList):
            self.enter(place, depth, len(value))
            for item in value.values() if isinstance(value, LocatedMap) else value:
                self.measure(item, place, depth + 1)

    def enter(self, place: SourceSpan, depth: int, nodes: int) -> None:
        """Count the values in a list or map that stands `depth` levels deep."""
        self.count(nodes, place)
        if depth > composer.MAX_DEPTH:
            message = f"nested too deeply: more than {composer.MAX_DEPTH} levels"
            raise SpecError(Problem(message, place))

    def count(self, nodes: int, place: SourceSpan) -> None:
        """Count values that are made; a SpecError where they are too many."""
        self.nodes += nodes
        if self.nodes > composer.MAX_NODES and self.nodes > self._limit:
            raise too_many_values(place)

    @cached_property
    def _limit(self) -> int:
        """The most values that are made and kept: those of the document may all stay."""
        return composer.MAX_NODES + count_values(self.document)


def _number_hint(values: Iterable[Any]) -> str:
    """How the first of an expression's values that is a number in quotes is written."""
    from nnspec.language.number_texts import is_number, meanings  # only a mistake pays for it

    texts = (value for value in values if isinstance(value, str) and is_number(value))
    return next((one.hint for text in texts for one in meanings(text)), "")


def too_many_values(place: SourceSpan) -> SpecError:
    """The error that a document makes too many values."""
    message = f"names and blocks make more than {composer.MAX_NODES:,} values"
    return SpecError(Problem(message, place))


def expressions_in(text: str) -> list[str]:
    """The expressions of the `${...}` in a text."""
    return [found[1] for found in _PLACEHOLDER.finditer(text) if not found[0].startswith("$$")]


def is_plain(value: Any) -> bool:
    """Whether a value is a scalar without `${`."""
    return "${" not in value if type(value) is str else type(value) in _PLAIN


def located(value: Any, place: SourceSpan) -> Any:
    """A value with the lists that an expression made placed where the expression stands."""
    if type(value) is not list:
        return value
    return LocatedList.of(place, [located(one, place) for one in value], [place] * len(value))
