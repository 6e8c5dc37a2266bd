"""What a component is: a named, frozen set of options, written in one of three ways.

    flatten                                 its kind
    dropout: 0.5                            its kind and its primary option
    dense: {units: 10, activation: softmax} its kind and its options

Layers, losses, optimizers, initializers, metrics, preparation steps and data sources are all
components. This file turns what was written into objects and mistakes into located problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, TypeVar

from pydantic_core import PydanticCustomError, ValidationError

from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.language.located import LocatedMap, locate
from nnspec.options import registry
from nnspec.options.messages import describe_value, translate
from nnspec.options.model import Core, Record, fields, has_required, validator, values

Model = TypeVar("Model", bound=Record)


class Component(Record):
    """A record with a kind, unique in its family; subclasses are abstract or final.

    A final class is declared with its kind: `class Dense(Layer, kind="dense", primary="units")`.
    """

    family: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()  # further families in which the kind may stand
    kind: ClassVar[str] = ""
    primary: ClassVar[str | None] = None
    example: ClassVar[str] = ""  # how it is written; needed where an option is required

    def __init_subclass__(cls, kind: str = "", primary: str | None = None) -> None:
        super().__init_subclass__()
        if kind:
            cls.kind, cls.primary = kind, primary
            registry.register(cls)


class ComponentField:
    """Annotation for a field that holds a component: `Annotated[Layer, Of("layer")]`."""

    def __init__(self, family: str) -> None:
        self.family = family

    def core(self, _: Core) -> Core:
        """A schema that reads the component; for a JSON Schema it is a reference to the family."""
        metadata = {"pydantic_js_functions": [lambda _, __: {"family": self.family}]}
        function = {"type": "no-info", "function": self.validate}
        return {"type": "function-plain", "function": function, "metadata": metadata}

    def validate(self, value: Any) -> Component:
        """`read_component`, raising what pydantic collects instead of a SpecError."""
        try:
            return read_component(self.family, value)
        except SpecError as error:
            raise PydanticCustomError(
                "problems", "see the context", {"problems": error.problems}
            ) from None


def read_component(family: str, value: Any) -> Component:
    """The component that `value` (a kind, or a map from a kind to options) describes."""
    if isinstance(value, Component) and family in (value.family, *value.also):
        return value
    kind, options = _split(family, value)
    cls = registry.find(family, kind)
    if cls is None:
        _unknown_kind(family, kind, value)
    if options is None:
        options = {}
    elif not isinstance(options, Mapping):
        options = _primary_option(cls, options, value)
    if not options and not has_required(cls):
        return cls()
    return validate(cls, options, cls.kind, value)


def validate(cls: type[Model], options: Any, title: str, parent: Any = None) -> Model:
    """`options` as an instance of `cls`; every mistake in it becomes a problem of a SpecError.

    `title` is what messages call the record; `parent` is marked where `options` is not.
    """
    try:
        found: Model = validator(cls).validate_python(options)
        return found
    except ValidationError as error:
        marked = options if isinstance(options, LocatedMap) else parent
        raise SpecError(translate(error, cls, title, options, marked)) from None


def to_plain(value: Any) -> Any:
    """A record as plain values with every option written out; `read_component` gives it back."""
    if isinstance(value, Component):
        options = _options(value)
        return {value.kind: options} if options else value.kind
    if isinstance(value, Record):
        return _options(value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    return value


def _options(record: Record) -> dict[str, Any]:
    return {name: to_plain(value) for name, value in values(record) if value is not None}


def _split(family: str, value: Any) -> tuple[str, Any]:
    """The kind and the options (None where there are none) of a written component."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.items()))
    example = registry.example(family)
    if isinstance(value, Mapping) and value:
        kinds = ", ".join(quoted(key) for key in list(value)[:4])
        hint = "indent its options below it" if next(iter(value.values())) is None else ""
        message = f"{_a(family)} has one kind, not {len(value)}: {kinds}"
        _refuse(message, value, hint or f"write it as {example}")
    said = f"expected {_a(family)}, got {describe_value(value)}"
    return _refuse(said, value, f"for example {example}")


def _primary_option(cls: type[Component], option: Any, value: Any) -> dict[str, Any]:
    """The options map that a short form such as `dropout: 0.5` stands for."""
    if cls.primary is None:
        names = ", ".join(fields(cls)) or "none"
        place = locate(value, [cls.kind])
        hint = f"its options: {names}"
        raise SpecError(Problem(f"{cls.kind} takes no single value", place, hint))
    if not isinstance(value, LocatedMap):
        return {cls.primary: option}
    marked = LocatedMap(value.place)
    marked.put(cls.primary, option, value.key_places[cls.kind], value.places[cls.kind])
    return marked


def _unknown_kind(family: str, kind: str, value: Any) -> NoReturn:
    place = value.key_places.get(kind) if isinstance(value, LocatedMap) else None
    message = f"there is no {family.replace('_', ' ')} {quoted(kind)}"
    raise SpecError(Problem(message, place, lambda: did_you_mean(kind, registry.kinds(family))))


def _refuse(message: str, value: Any, hint: str) -> NoReturn:
    raise SpecError(Problem(message, getattr(value, "place", None), hint))


def _a(family: str) -> str:
    words = family.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
