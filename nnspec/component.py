"""What a component is: a named, frozen set of options, written in one of three ways.

    flatten                                 its kind
    dropout: 0.5                            its kind and its primary option
    dense: {units: 10, activation: softmax} its kind and its options

Layers, losses, optimizers, initializers, metrics, preparation steps and data sources are all
components. This file turns what was written into objects and mistakes into located problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from nnspec import catalog
from nnspec.errors import Problem, SpecError, did_you_mean, shown
from nnspec.source import Map, key_place, locate

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

Model = TypeVar("Model", bound=BaseModel)


class Record(BaseModel):
    """A frozen set of options in which an unknown name is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False, protected_namespaces=()
    )


class Component(Record):
    """A record with a kind, unique in its family; subclasses are abstract or final.

    A final class is declared with its kind: `class Dense(Layer, kind="dense", primary="units")`.
    """

    family: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()  # further families in which the kind may stand
    kind: ClassVar[str] = ""
    primary: ClassVar[str | None] = None

    def __init_subclass__(cls, kind: str = "", primary: str | None = None) -> None:
        super().__init_subclass__()
        if kind:
            cls.kind, cls.primary = kind, primary
            catalog.register(cls)

    @classmethod
    def default(cls) -> Self:
        """The component with every option at its default, without building a validator."""
        if any(field.is_required() for field in cls.model_fields.values()):
            return cls.model_validate({})
        return cls.model_construct()


class Of:
    """Annotation for a field that holds a component: `Annotated[Layer, Of("layer")]`."""

    def __init__(self, family: str) -> None:
        self.family = family

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"family": self.family}  # a $ref in `nnspec.schema`; here pydantic would follow it

    def validate(self, value: Any) -> Component:
        """`read`, raising what pydantic collects instead of a SpecError."""
        try:
            return read(self.family, value)
        except SpecError as error:
            raise PydanticCustomError(
                "problems", "see the context", {"problems": error.problems}
            ) from None


def read(family: str, value: Any) -> Component:
    """The component that `value` (a kind, or a map from a kind to options) describes."""
    if isinstance(value, Component) and family in (value.family, *value.also):
        return value
    kind, options = _split(family, value)
    cls = catalog.find(family, kind)
    if cls is None:
        _unknown_kind(family, kind, value)
    if options is None:
        options = {}
    elif not isinstance(options, Mapping):
        options = _primary_option(cls, options, value)
    if not options and not any(field.is_required() for field in cls.model_fields.values()):
        return cls.model_construct()
    return validate(cls, options, cls.kind, value)


def validate(cls: type[Model], options: Any, title: str, parent: Any = None) -> Model:
    """`options` as an instance of `cls`; every mistake in it becomes a problem of a SpecError.

    `title` is what messages call the record; `parent` is marked where `options` is not.
    """
    try:
        return cls.model_validate(options)
    except ValidationError as error:
        marked = options if isinstance(options, Map) else parent
        found = error.errors(include_url=False)
        raise SpecError([p for e in found for p in _problems(e, cls, title, marked)]) from None


def plain(value: Any) -> Any:
    """A record as plain values with every option written out; `read` gives it back."""
    if isinstance(value, Component):
        options = _options(value)
        return {value.kind: options} if options else value.kind
    if isinstance(value, BaseModel):
        return _options(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def _options(record: BaseModel) -> dict[str, Any]:
    values = ((name, getattr(record, name)) for name in type(record).model_fields)
    return {name: plain(value) for name, value in values if value is not None}


def _split(family: str, value: Any) -> tuple[str, Any]:
    """The kind and the options (None where there are none) of a written component."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.items()))
    example = catalog.example(family)
    if isinstance(value, Mapping) and value:
        kinds = ", ".join(shown(key) for key in list(value)[:4])
        hint = "indent its options below it" if next(iter(value.values())) is None else ""
        message = f"{_a(family)} has one kind, not {len(value)}: {kinds}"
        _refuse(message, value, hint or f"write it as {example}")
    _refuse(f"expected {_a(family)}, got {_described(value)}", value, f"for example {example}")


def _primary_option(cls: type[Component], option: Any, value: Any) -> dict[str, Any]:
    """The options map that a short form such as `dropout: 0.5` stands for."""
    if cls.primary is None:
        names = ", ".join(cls.model_fields) or "none"
        place = locate(value, [cls.kind])
        hint = f"its options: {names}"
        raise SpecError(Problem(f"{cls.kind} takes no single value", place, hint))
    if not isinstance(value, Map):
        return {cls.primary: option}
    marked = Map(value.place)
    marked.put(cls.primary, option, value.key_places[cls.kind], value.places[cls.kind])
    return marked


def _unknown_kind(family: str, kind: str, value: Any) -> NoReturn:
    place = value.key_places.get(kind) if isinstance(value, Map) else None
    message = f"there is no {family.replace('_', ' ')} {shown(kind)}"
    raise SpecError(Problem(message, place, did_you_mean(kind, catalog.kinds(family))))


def _refuse(message: str, value: Any, hint: str) -> NoReturn:
    raise SpecError(Problem(message, getattr(value, "place", None), hint))


# ---------------------------------------------------------------- pydantic's errors as problems


def _problems(error: Any, cls: type[BaseModel], title: str, marked: Any) -> list[Problem]:
    """The problems that one of pydantic's errors stands for, with their places."""
    path = [step for step in error["loc"] if isinstance(step, str | int)]
    if error["type"] == "problems":
        place = locate(marked, path)
        return [p if p.where else p._replace(where=place) for p in error["ctx"]["problems"]]
    if error["type"] == "extra_forbidden":
        hint = did_you_mean(str(path[-1]), _names_at(cls, path))
        message = f"{_owner(title, path)} has no option {shown(path[-1])}"
        return [Problem(message, key_place(marked, path), hint)]
    if error["type"] == "missing":
        return [_missing(title, path, marked)]
    return [_wrong_value(error, title, path, marked)]


def _missing(title: str, path: list[Any], marked: Any) -> Problem:
    message = f"{_owner(title, path)} needs {shown(path[-1])}"
    return Problem(message, locate(marked, path[:-1]))


_EXPECTED = {
    "int_type": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "string_type": "text", "tuple_type": "a list", "list_type": "a list", "dict_type": "a map",
    "model_type": "a map of options", "model_attributes_type": "a map of options",
    "int_from_float": "a whole number", "int_parsing": "a whole number",
}  # fmt: skip


def _wrong_value(error: Any, title: str, path: list[Any], marked: Any) -> Problem:
    value, expected = error["input"], _EXPECTED.get(error["type"])
    names = [step for step in path if isinstance(step, str)]
    option = next((n for n in reversed(names) if n.isidentifier()), title)
    subject = title if not names else f"{title}: {option}"
    place = locate(marked, path)
    if expected:
        return Problem(f"{subject} must be {expected}, not {_described(value)}", place, _mend(value))
    said = error["msg"][:1].lower() + error["msg"][1:]
    said = said.removeprefix("value error, ").replace("input should", "should").replace(" and ", ", ")
    return Problem(f"{subject} {said}, not {_described(value)}", place)


def _names_at(cls: type[BaseModel], path: Sequence[Any]) -> list[str]:
    """The option names at the place that `path`'s parent leads to."""
    for step in path[:-1]:
        field = cls.model_fields.get(step) if isinstance(step, str) else None
        inner = next((a for a in _arguments(field.annotation) if _is_model(a)), None) if field else None
        cls = inner or cls
    return list(cls.model_fields)


def _arguments(annotation: Any) -> list[Any]:
    return [annotation, *getattr(annotation, "__args__", ())]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _owner(title: str, path: Sequence[Any]) -> str:
    names = [step for step in path[:-1] if isinstance(step, str)]
    return names[-1] if names else title


def _mend(value: Any) -> str:
    if isinstance(value, str) and value.lower() in {"yes", "no", "on", "off", "y", "n"}:
        return "write true or false"
    return ""


def _described(value: Any) -> str:
    """A value for a message: what it is, and its text where that is short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"a map with {', '.join(shown(key) for key in list(value)[:3])}" if value else "an empty map"
    if isinstance(value, list | tuple):
        return f"the list {shown(list(value))}" if value else "an empty list"
    return f"the text {shown(value)}" if isinstance(value, str) else shown(value)


def _a(family: str) -> str:
    words = family.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
