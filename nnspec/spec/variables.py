"""Variables of a document that is not expanded yet: which of `vars` are read by no expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.language.expressions import parse
from nnspec.language.interpolation import expressions_in
from nnspec.language.located import LocatedMap
from nnspec.language.operations import ExpressionError


def unread(root: LocatedMap) -> dict[str, SourceSpan]:
    """The variables that no expression of a document names, each with the place of its key."""
    variables = root.get("vars")
    if not isinstance(variables, LocatedMap):
        return {}
    read = set(_names(root))
    return {name: variables.key_places[name] for name in variables if name not in read}


def verify_read(root: LocatedMap, document: str) -> None:
    """Raise SpecError where documents of a name set variables that nothing reads."""
    places = unread(root)
    found = {name: place for name, place in places.items() if place.document.name == document}
    if found:
        used = sorted(set(_names(root)) & set(root["vars"]))
        raise SpecError(_problem(name, place, used) for name, place in found.items())


def _problem(name: str, place: SourceSpan, used: list[str]) -> Problem:
    hint = did_you_mean(name, used) if used else f"write ${{{name}}} where its value belongs"
    return Problem(f"the spec reads no variable {quoted(name)}", place, hint)


def _names(value: Any) -> Iterator[str]:
    """The names in the expressions of a value."""
    if isinstance(value, str):
        for text in expressions_in(value):
            yield from _names_in(text)
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _names(item)


def _names_in(expression: str) -> tuple[str, ...]:
    """The names in an expression; none in one that is wrong, which its evaluation tells."""
    try:
        return parse(expression).names
    except ExpressionError:
        return ()
