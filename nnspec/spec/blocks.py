"""The `blocks` section: layers of one's own, with typed parameters."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnspec.errors import MAX_RENDERED, Problem, SourceSpan, did_you_mean, nearest, quoted
from nnspec.language.expressions import CONSTANTS
from nnspec.language.interpolation import Interpolator
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.names import INVALID
from nnspec.options import registry
from nnspec.options.messages import describe_value, number_hint
from nnspec.spec.layer_lists import GROUP_OPTIONS, WrittenLayer

STRUCTURES = ("repeat", "when")
NAME_PATTERN = "[A-Za-z_][A-Za-z0-9_-]{0,99}"
TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"), "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"), "str": ((str,), "text"), "list": ((list,), "a list"),
    "map": ((dict,), "a map"), "any": ((object,), "any value"),
}  # fmt: skip
_TYPE_OF = {
    type(None): "any", bool: "bool", int: "int", float: "float", str: "str",
    LocatedList: "list", LocatedMap: "map",
}  # fmt: skip


class Parameter(NamedTuple):
    """A block's parameter: its type and its default, with the place that declares it."""

    type: str
    default: Any
    required: bool
    place: SourceSpan

    def fits(self, value: Any) -> bool:
        """Whether a value is of the parameter's type."""
        if value is INVALID:
            return True
        if isinstance(value, bool):
            return self.type in ("bool", "any")
        return isinstance(value, TYPES[self.type][0])

    @property
    def expected(self) -> str:
        """What its values must be, for messages."""
        return TYPES[self.type][1]


class Block(NamedTuple):
    """Layers that stand for a name, and the parameters that occur in them."""

    name: str
    parameters: Mapping[str, Parameter]
    layers: LocatedList
    place: SourceSpan
    is_wrong: bool = False  # which is reported; then it is not expanded

    @property
    def short(self) -> str | None:
        """The parameter of the short form: the only required one, or else the only one."""
        return short_form({name: one.required for name, one in self.parameters.items()})


def short_form(required: Mapping[str, bool]) -> str | None:
    """The parameter of the short form, of parameters that are required or not."""
    names = [name for name, is_required in required.items() if is_required] or list(required)
    return names[0] if len(names) == 1 else None


def is_type(declared: Any) -> bool:
    """Whether a parameter is declared by a type, and is required, or else by its default."""
    return isinstance(declared, str) and declared in TYPES


def is_name(text: Any) -> bool:
    """Whether expressions can use a text as a name."""
    return (
        isinstance(text, str)
        and text.isidentifier()
        and not keyword.iskeyword(text)
        and text not in CONSTANTS
    )


# ---------------------------------------------------------------- declarations


def read_blocks(written: LocatedMap, interpolator: Interpolator) -> dict[str, Block]:
    """The blocks of a `blocks` section; what is wrong with them is noted."""
    return {
        name: _read_block(name, value, written, interpolator) for name, value in written.items()
    }


def _read_block(name: str, value: Any, written: LocatedMap, interpolator: Interpolator) -> Block:
    place, value_place = written.key_places[name], written.places[name]
    problems = [*_name_problems(name, place), *_key_problems(name, value, value_place)]
    parameters: dict[str, Parameter] = {}
    if isinstance(value, LocatedMap) and value.get("parameters") is not None:
        at = value.places["parameters"]
        declared = interpolator.value(value["parameters"], at, 0, interpolator.scope)
        parameters, wrong = _read_parameters(name, declared, at)
        problems += wrong
    interpolator.problems += problems
    layers = value.get("layers") if isinstance(value, LocatedMap) else None
    layers = layers if isinstance(layers, LocatedList) else LocatedList(value_place)
    return Block(name, parameters, layers, place, bool(problems))


def _name_problems(name: str, place: SourceSpan) -> list[Problem]:
    if name in STRUCTURES or registry.is_built_in("layer", name):
        message = f"the block {quoted(name)} has the name of a layer of nnspec"
        return [Problem(message, place, "give it another name")]
    if not re.fullmatch(NAME_PATTERN, name):
        hint = "letters, digits, _ and -, a letter first"
        return [Problem(f"{quoted(name)} cannot name a block", place, hint)]
    return []


def _key_problems(name: str, value: Any, place: SourceSpan) -> list[Problem]:
    """What is wrong with the keys of a block."""
    if not isinstance(value, LocatedMap):
        message = f"the block {quoted(name)} must be a map, not {describe_value(value)}"
        return [Problem(message, place, "write {layers: [...]}")]
    problems = unknown_options(name, value, ("parameters", "layers"))
    layers = value.get("layers")
    if "layers" not in value:
        problems.append(Problem(f"the block {quoted(name)} needs layers", place))
    elif not isinstance(layers, LocatedList) or not layers:
        message = f"{name}: layers must be a list of layers, not {describe_value(layers)}"
        problems.append(Problem(message, value.places["layers"]))
    return problems


def _read_parameters(
    owner: str, written: Any, place: SourceSpan
) -> tuple[dict[str, Parameter], list[Problem]]:
    """The parameters that a map of names declares, and what is wrong with some of them."""
    if not isinstance(written, LocatedMap):
        message = f"{owner}: parameters must be a map, not {describe_value(written)}"
        return {}, [Problem(message, place, "write {name: type} or {name: default}")]
    parameters, problems = {}, []
    for name, declared in written.items():
        place = written.places[name]
        if not is_name(name) or name in GROUP_OPTIONS:
            hint = "every use has it" if name in GROUP_OPTIONS else "letters, digits and _"
            message = f"{owner}: {quoted(name)} cannot name a parameter"
            problems.append(Problem(message, written.key_places[name], hint))
        elif is_type(declared):
            parameters[name] = Parameter(declared, None, True, place)
        else:
            declared_type = _TYPE_OF.get(type(declared), "any")
            parameters[name] = Parameter(declared_type, declared, False, place)
    return parameters, problems


def unknown_options(owner: str, value: LocatedMap, known: Sequence[str]) -> list[Problem]:
    """A problem for each key that is not known."""
    return [
        Problem(
            f"{owner} has no option {quoted(key)}",
            value.key_places[key],
            lambda key=key: did_you_mean(key, known),  # type: ignore[misc]
        )
        for key in value
        if key not in known
    ]


# ---------------------------------------------------------------- uses


def arguments(block: Block, written: WrittenLayer, given: Any) -> LocatedMap:
    """The evaluated options of a use as a map whose place is that of the use.

    They are written as `stem`, `stem: 32` or `stem: {...}`.
    """
    options = LocatedMap(written.place)
    if isinstance(given, LocatedMap):
        for key, value in given.items():
            options.put(key, value, given.key_places[key], given.places[key])
    elif given is not None and block.short:
        options.put(block.short, given, written.place, written.options_place)
    return options


def use_problems(
    block: Block, written: WrittenLayer, given: Any, options: LocatedMap
) -> list[Problem]:
    """What is wrong with the evaluated options of a use, which `arguments` made of those given."""
    if given is not None and not isinstance(given, LocatedMap) and block.short is None:
        hint = f"its parameters: {', '.join(block.parameters) or 'none'}"
        return [Problem(f"{block.name} takes no single value", written.options_place, hint)]
    problems = unknown_options(block.name, options, (*GROUP_OPTIONS, *block.parameters))
    problems += [
        _type_problem(block.name, name, one, options)
        for name, one in block.parameters.items()
        if name in options and not one.fits(options[name])
    ]
    required = [name for name, one in block.parameters.items() if one.required]
    return problems + missing_options(block.name, options, required, written.place)


def missing_options(
    owner: str, options: LocatedMap, required: Sequence[str], place: SourceSpan
) -> list[Problem]:
    """A problem for the required options that are missing, but for those that are misspelt."""
    meant = {nearest(key, required) for key in list(options)[:MAX_RENDERED]}
    missing = [name for name in required if name not in options and name not in meant]
    return [Problem(f"{owner} needs {' and '.join(missing)}", place)] if missing else []


def _type_problem(owner: str, name: str, parameter: Parameter, options: LocatedMap) -> Problem:
    value = describe_value(options[name])
    message = f"{owner}: {name} must be {parameter.expected}, not {value}"
    return Problem(message, options.places[name], number_hint(options[name], parameter.expected))


def bound(block: Block, options: LocatedMap) -> LocatedMap:
    """The value of each parameter in a use, with the place that gives it."""
    values = LocatedMap(options.place)
    for name, parameter in block.parameters.items():
        if name in options:
            values.put(name, options[name], options.key_places[name], options.places[name])
        else:
            values.put(name, parameter.default, parameter.place, parameter.place)
    return values
