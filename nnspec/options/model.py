"""Records: frozen sets of named options, validated by pydantic-core.

pydantic's own model layer takes longer to import and to build than a whole `nnspec summary` may
take, so records talk to its core: a field's type carries its core schema, in `Annotated`, and a
record's validator is put together when it is first needed.

    Fraction = Annotated[float, Is(type="float", strict=True, ge=0, lt=1)]

    class Dropout(Record):
        rate: Fraction
        seed: Integer | None = None
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    NoReturn,
    Self,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic_core import SchemaValidator

Core = dict[str, Any]  # a core schema of pydantic
REQUIRED: Any = object()

Result = TypeVar("Result")


def _once(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """`cache`, for functions of a class: mypy takes a class whose objects have a hash for one."""
    return cache(function)


class Is:
    """In `Annotated`: the type's core schema, or constraints that are added to it."""

    def __init__(self, **schema: Any) -> None:
        self.schema = schema


class Before(NamedTuple):
    """In `Annotated`: the function is applied to what was written, before it is validated.

    `written` is the type of what may be written, for the JSON Schema.
    """

    function: Callable[[Any], Any]
    written: Any

    def core(self, schema: Core) -> Core:
        """The schema with the function before it."""
        function = {"type": "no-info", "function": self.function}
        written = {"json_schema_input_schema": core(self.written)}
        return {"type": "function-before", "function": function, "schema": schema, **written}


class After(NamedTuple):
    """In `Annotated`: the function is applied to the validated value."""

    function: Callable[[Any], Any]

    def core(self, schema: Core) -> Core:
        """The schema with the function after it."""
        function = {"type": "no-info", "function": self.function}
        return {"type": "function-after", "function": function, "schema": schema}


class Around:
    """In `Annotated`: `check` is given what was written and the validation, and may do either."""

    def check(self, value: Any, inner: Callable[[Any], Any]) -> Any:
        """The value of the option."""
        return inner(value)

    def core(self, schema: Core) -> Core:
        """The schema with `check` around it."""
        function = {"type": "no-info", "function": self.check}
        return {"type": "function-wrap", "function": function, "schema": schema}


class Field(NamedTuple):
    """An option of a record."""

    type: Any
    default: Any  # or REQUIRED

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A frozen set of options in which an unknown name is an error.

    Options are annotated attributes; a value in the class is an option's default. Made by
    keyword arguments, which are validated: pydantic's ValidationError says what is wrong.
    """

    def __init__(self, **options: Any) -> None:
        if options or has_required(type(self)):
            options = validator(type(self)).validate_python(options).__dict__
        self.__dict__.update(options)

    def verify(self) -> None:
        """Raise ValueError where the options do not fit together; called once they are valid."""

    def replace(self, **changes: Any) -> Self:
        """A copy with some options changed; these are taken as they are."""
        copy: Self = made(type(self), {**self.__dict__, **changes})
        return copy

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen; use replace({name}=...)")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and list(values(self)) == list(values(other))

    def __hash__(self) -> int:
        return hash((type(self), *(repr(value) for _, value in values(self))))

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in values(self))
        return f"{type(self).__name__}({', '.join(shown)})"


def made(cls: type[Any], options: dict[str, Any]) -> Any:
    """An instance that holds options known to be valid."""
    record = object.__new__(cls)
    record.__dict__.update(options)
    return record


def values(record: Any) -> Iterator[tuple[str, Any]]:
    """Each option's name and value, defaults included."""
    return ((name, getattr(record, name)) for name in fields(type(record)))


@_once
def fields(cls: type[Record]) -> dict[str, Field]:
    """The options of a record class; those of its base classes come first."""
    hints = get_type_hints(cls, include_extras=True)
    return {
        name: Field(hint, getattr(cls, name, REQUIRED))
        for name, hint in hints.items()
        if get_origin(hint) is not ClassVar and not name.startswith("_")
    }


@_once
def has_required(cls: type[Record]) -> bool:
    """Whether some option must be given."""
    return any(field.required for field in fields(cls).values())


@_once
def validator(cls: type[Record]) -> SchemaValidator:
    """What turns a map of options into a record, or raises pydantic's ValidationError."""
    return SchemaValidator(core(cls))


# ---------------------------------------------------------------- types to core schemas


def core(hint: Any) -> Core:
    """The core schema of a field's type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is Literal:
        return {"type": "literal", "expected": list(arguments)}
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        key, value = arguments
        return {"type": "dict", "keys_schema": core(key), "values_schema": core(value)}
    if isinstance(hint, type) and issubclass(hint, Record):
        return _record(hint)
    return {"type": "any"}


def _annotated(hint: Any, extras: tuple[Any, ...]) -> Core:
    """The type's schema as each extra changes it, from the left; other extras say `core` too."""
    schema = core(hint)
    for extra in extras:
        schema = {**schema, **extra.schema} if isinstance(extra, Is) else extra.core(schema)
    return schema


def _union(arguments: tuple[Any, ...]) -> Core:
    choices = [core(one) for one in arguments if one is not NoneType]
    schema = choices[0] if len(choices) == 1 else {"type": "union", "choices": choices}
    return {"type": "nullable", "schema": schema} if NoneType in arguments else schema


def _tuple(arguments: tuple[Any, ...]) -> Core:
    if arguments[-1] is Ellipsis:
        return {"type": "tuple", "items_schema": [core(arguments[0])], "variadic_item_index": 0}
    return {"type": "tuple", "items_schema": [core(one) for one in arguments]}


def _record(cls: type[Record]) -> Core:
    """A map of options that becomes an instance; an instance is taken as it is."""
    schema = {
        "type": "typed-dict",
        "cls_name": cls.__name__,
        "fields": {name: _field(field) for name, field in fields(cls).items()},
        "extra_behavior": "forbid",
    }
    function = {"type": "no-info", "function": lambda options: _verified(made(cls, options))}
    from_map = {"type": "function-after", "function": function, "schema": schema}
    take = {
        "type": "no-info",
        "function": lambda value, read: value if isinstance(value, cls) else read(value),
    }
    return {"type": "function-wrap", "function": take, "schema": from_map}


def _field(field: Field) -> Core:
    schema = core(field.type)
    if not field.required:
        schema = {"type": "default", "schema": schema, **_default(field.default)}
    return {"type": "typed-dict-field", "schema": schema, "required": field.required}


def _default(value: Any) -> Core:
    """pydantic-core would copy a default that has no hash; a map's is shared, being read-only."""
    return {"default_factory": lambda: value} if isinstance(value, Mapping) else {"default": value}


def _verified(record: Any) -> Any:
    record.verify()
    return record
