"""Conditions on runs, such as `test.accuracy>0.9` and `optimizer=adam`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nnspec.errors import Document, NnspecError, Problem, argument_place, quoted
from nnspec.language import reader

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le, ">=": operator.ge, "!=": operator.ne, "==": operator.eq,
    "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_CONDITION = re.compile(r"\s*([^\s<>=!]+)\s*(<=|>=|!=|==|<|>|=)\s*(.+?)\s*", re.DOTALL)
_HINT = "write a figure or an option, one of = != < <= > >=, and a value: test.accuracy>0.9"


class Condition(NamedTuple):
    """A comparison of a figure of a run, or of an option of its spec, with a value."""

    text: str
    name: str
    operator: str
    value: Any

    def holds(self, found: Any) -> bool:
        """Whether a value fulfils it; values of two types are unequal and not ordered."""
        if isinstance(found, Mapping) and len(found) == 1 and isinstance(self.value, str):
            found = next(iter(found))  # a component, by its kind
        if _type(found) is _type(self.value):
            return bool(_OPERATORS[self.operator](found, self.value))
        return self.operator == "!="


def parse_condition(text: str, option: str) -> Condition:
    """The condition that an option of the command line gives; an NnspecError where it is none."""
    place = argument_place(text, option)
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise NnspecError(Problem(f"{quoted(text)} is no condition", place, _HINT))
    name, sign, written = match.groups()
    value = reader.parse(Document(option, written))
    if sign not in ("=", "==", "!=") and _type(value) not in (float, str):
        raise NnspecError(Problem(f"{sign} compares numbers and texts", place, _HINT))
    return Condition(text, name, sign, value)


def option_at(spec: Any, name: str, missing: Any) -> Any:
    """The value at a dotted path of a plain spec, in which kinds of components may be left out.

    An item of a list is addressed by its number or its name; `missing` is given where there is
    no such value.
    """
    value = spec
    for step in name.split("."):
        value = _step(value, step, missing)
        if value is missing:
            return missing
    return value


def _step(value: Any, step: str, missing: Any) -> Any:
    if isinstance(value, Mapping):
        if step in value:
            return value[step]
        return _step(next(iter(value.values())), step, missing) if len(value) == 1 else missing
    if isinstance(value, list):
        numbered = value[int(step)] if step.isdecimal() and int(step) < len(value) else missing
        return next((item for item in value if _name(item) == step), numbered)
    return missing


def _name(item: Any) -> Any:
    """The name of a layer in a list."""
    options = next(iter(item.values())) if isinstance(item, Mapping) and len(item) == 1 else None
    return options.get("name") if isinstance(options, Mapping) else None


def _type(value: Any) -> type:
    """The type by which values are compared: whole and other numbers are alike."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if is_number else type(value) if not isinstance(value, str) else str
