"""Conversion of YAML values into validated option models and component instances.

Every mistake becomes a located problem of a SpecError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NoReturn, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import (
    no_info_plain_validator_function,
    plain_serializer_function_ser_schema,
)

from nnspec.errors import NnspecError, Problem, SpecError, did_you_mean, nearest, quoted
from nnspec.language.located import LocatedMap, locate
from nnspec.options import registry
from nnspec.options.component import Component, to_plain
from nnspec.options.messages import describe_value, expected, problems_error, translate
from nnspec.options.model import Model, required_options

AnyModel = TypeVar("AnyModel", bound=Model)


class ComponentField:
    """pydantic annotation of an option that is a component, such as `ComponentField("layer")`."""

    def __init__(self, family: str) -> None:
        if family not in registry.families():
            raise ValueError(f"there is no family {family!r}")
        self.family = family

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Core schema that looks up the component's class during validation."""
        plain = plain_serializer_function_ser_schema(to_plain)
        return no_info_plain_validator_function(self.validate, serialization=plain)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A kind, or a map from a kind to its options; `family` is the definition to refer to."""
        forms = [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}]
        return {"anyOf": forms, "family": self.family}

    def validate(self, value: Any) -> Any:
        """Call `read_component`; convert a SpecError into a pydantic error."""
        try:
            return read_component(self.family, value)
        except NnspecError as error:  # also where a plug-in cannot be loaded
            raise problems_error(error.problems) from None


class NamedComponentField(ComponentField):
    """pydantic annotation of a component, or a map from names to components of a family."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A component, or a map of components."""
        one = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [one, {"type": "object", "minProperties": 1, "additionalProperties": one}]}

    def validate(self, value: Any) -> Any:
        """The component, or the components by name."""
        if not self._is_named(value):
            return super().validate(value)
        return collect({n: partial(read_component, self.family, v) for n, v in value.items()})

    def _is_named(self, value: Any) -> bool:
        """Whether a map holds components by name: no key is a kind, or resembles one."""
        if not isinstance(value, Mapping) or not value:
            return False
        if any(registry.find(self.family, str(key)) for key in value):
            return False
        kinds = registry.kinds(self.family)
        return any(map(self._is_component, value.values())) or not any(
            nearest(str(key), kinds) for key in value
        )

    def _is_component(self, value: Any) -> bool:
        kind = next(iter(value), "") if isinstance(value, Mapping) else value
        return isinstance(value, Component) or registry.find(self.family, str(kind)) is not None


class ComponentListField(ComponentField):
    """pydantic annotation of a list of components."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A list of components."""
        return {"type": "array", "items": super().__get_pydantic_json_schema__(schema, handler)}

    def validate(self, value: Any) -> Any:
        """The components."""
        if not isinstance(value, list | tuple):
            raise expected("a list")
        readers = {i: partial(read_component, self.family, v) for i, v in enumerate(value)}
        return tuple(collect(readers).values())


class ComponentsField(ComponentListField):
    """pydantic annotation of a list of components, or of a map from names to such lists."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A list of components, or a map of lists."""
        items = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [items, {"type": "object", "additionalProperties": items}]}

    def validate(self, value: Any) -> Any:
        """The components, or the components by name."""
        if not isinstance(value, Mapping):
            return super().validate(value)
        return collect({n: partial(self._named, value, n, v) for n, v in value.items()})

    def _named(self, parent: Any, name: str, value: Any) -> tuple[Component, ...]:
        if isinstance(value, list | tuple):
            components: tuple[Component, ...] = super().validate(value)
            return components
        message = f"{name} must be a list, not {describe_value(value)}"
        raise SpecError(Problem(message, locate(parent, [name])))


def collect(readers: Mapping[Any, Callable[[], Any]]) -> dict[Any, Any]:
    """For validators: the values of functions by name; raises the problems of all together."""
    values, problems = {}, list[Problem]()
    for name, read in readers.items():
        try:
            values[name] = read()
        except NnspecError as error:
            problems += error.problems
    if problems:
        raise problems_error(problems)
    return values


class LazyModel:
    """pydantic annotation of an option that is a model, whose module is imported on first use."""

    def __init__(self, target: str, title: str) -> None:
        self.target, self.title = target, title

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """A schema that imports the model's class when there is a value to validate."""
        return no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The schema of the model."""
        cls = self.load()
        cls.model_rebuild()
        return handler(cls.__pydantic_core_schema__)

    def load(self) -> type[Model]:
        """The model's class."""
        module, _, name = self.target.partition(":")
        found: type[Model] = getattr(import_module(module), name)
        return found

    def validate(self, value: Any) -> Any:
        """The model that the value describes."""
        try:
            return validate(self.load(), value, self.title)
        except SpecError as error:
            raise problems_error(error.problems) from None


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
    if not options and _is_constructible(cls):
        return cls.model_construct()
    return validate(cls, options, cls.kind, value)


def validate(cls: type[AnyModel], options: Any, title: str, parent: Any = None) -> AnyModel:
    """`options` as an instance of `cls`; every mistake in it becomes a problem of a SpecError.

    `title` is what messages call the model; `parent` has the spans where `options` has none.
    """
    try:
        return cls.model_validate(options)
    except ValidationError as error:
        located = options if isinstance(options, LocatedMap) else parent
        raise SpecError(translate(error, cls, title, options, located)) from None


def _is_constructible(cls: type[Component]) -> bool:
    """Whether an instance without options can be built without validation, which is faster."""
    validates = cls.__pydantic_decorators__.model_validators or any(
        field.validate_default for field in cls.model_fields.values()
    )
    return not (validates or required_options(cls))


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
        message = f"{registry.with_article(family)} has one kind, not {len(value)}: {kinds}"
        _refuse(message, value, hint or f"write it as {example}")
    return _refuse_value(family, value)


def _primary_option(cls: type[Component], option: Any, value: Any) -> dict[str, Any]:
    """The options map that a short form such as `dropout: 0.5` stands for."""
    if cls.primary is None:
        names = ", ".join(cls.model_fields) or "none"
        place = locate(value, [cls.kind])
        hint = f"its options: {names}"
        raise SpecError(Problem(f"{cls.kind} takes no single value", place, hint))
    if not isinstance(value, LocatedMap):
        return {cls.primary: option}
    located = LocatedMap(value.place)
    located.put(cls.primary, option, value.key_places[cls.kind], value.places[cls.kind])
    return located


def _unknown_kind(family: str, kind: str, value: Any) -> NoReturn:
    from nnspec.language.number_texts import is_number  # only a mistake pays for it

    if value == kind and is_number(kind):
        _refuse_value(family, value)
    place = value.key_places.get(kind) if isinstance(value, LocatedMap) else None
    message = f"there is no {registry.noun(family)} {quoted(kind)}"
    raise SpecError(Problem(message, place, lambda: did_you_mean(kind, registry.kinds(family))))


def _refuse_value(family: str, value: Any) -> NoReturn:
    said = f"expected {registry.with_article(family)}, got {describe_value(value)}"
    _refuse(said, value, f"for example {registry.example(family)}")


def _refuse(message: str, value: Any, hint: str) -> NoReturn:
    raise SpecError(Problem(message, getattr(value, "place", None), hint))
