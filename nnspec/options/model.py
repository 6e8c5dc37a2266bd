"""The base class of option models: frozen pydantic models that are validated strictly."""

from __future__ import annotations

from functools import cache
from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema


class Model(BaseModel):
    """A frozen set of named options in which an unknown name is an error.

    Validation is strict: `"3"`, `3.0` and `true` are no integers. Only what YAML cannot write is
    taken for what it can: a list for a tuple or a set, a text for a date, a path or an enumeration.
    A saved spec is validated again, so a validator must take what it has given.

    A class's validator is built when it is first used; that of a plug-in's class at once, so that
    an option that cannot be validated is an error where the class is defined.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """pydantic's own schema, which also takes the forms in which YAML writes a type."""
        schema = handler(source)
        _take_written_forms(schema, handler)
        return schema

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        _forget_class_variables(cls)
        if not cls.__module__.startswith("nnspec."):
            check_definition(cls)
            cls.model_rebuild(force=True)

    def options(self) -> dict[str, Any]:
        """Each option's value by its name, defaults included."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def replace(self, **changes: Any) -> Self:
        """A copy with some options changed and validated; the others keep their values."""
        options = {**self.options(), **changes}
        fields = type(self).model_fields
        absent = [n for n, value in options.items() if value is None and fields[n].default is None]
        valid = type(self).model_validate({n: v for n, v in options.items() if n not in absent})
        return self.model_copy(update={name: getattr(valid, name) for name in changes})


def _forget_class_variables(cls: type[Model]) -> None:
    """Remove the annotations of class variables, which pydantic knows once the class is made.

    It evaluates the annotations of all bases for each class: a trait of all layers costs a start a
    tenth of a millisecond for each layer that it imports.
    """
    annotations = vars(cls).get("__annotations__", {})
    for name in cls.__class_vars__ & annotations.keys():
        del annotations[name]


def check_definition(cls: type[Model]) -> None:
    """Raise TypeError where a class hides what its bases rely on, or an option has an alias."""
    bases = cls.__mro__[1:]
    for name, field in cls.model_fields.items():
        if field.alias or field.validation_alias:
            raise TypeError(
                f"{cls.__name__}.{name}: an option is written by its name, not an alias"
            )
        if any(name in vars(base) for base in bases):
            raise TypeError(f"{cls.__name__}.{name} hides an attribute of its base class")
    for base in bases:
        if not issubclass(base, BaseModel):
            continue
        validators = base.__pydantic_decorators__
        for name in (*validators.model_validators, *validators.field_validators):
            if name in vars(cls):
                raise TypeError(f"{cls.__name__}.{name} replaces a validator of its base class")


def required_options(cls: type[Model]) -> tuple[str, ...]:
    """The names of the options that must be given."""
    return _required(cls)


@cache
def _required(cls: Any) -> tuple[str, ...]:
    return tuple(name for name, field in cls.model_fields.items() if field.is_required())


# Types that strict validation takes only as instances, which YAML cannot write.
_LAX = {
    "list", "tuple", "set", "frozenset", "enum", "date", "datetime", "time", "timedelta",
    "decimal", "uuid", "url", "lax-or-strict",
}  # fmt: skip
_DATA = {"default", "expected", "metadata"}  # keys of a schema that hold no schema


def _take_written_forms(schema: Any, handler: GetCoreSchemaHandler) -> None:
    """Let lists, and texts that stand for dates, paths and the like, be given for their types."""
    if isinstance(schema, list):
        for item in schema:
            _take_written_forms(item, handler)
    elif isinstance(schema, dict):
        is_schema = isinstance(schema.get("type"), str)
        if is_schema:
            _relax(schema, handler)
        for key, value in schema.items():
            if not (is_schema and key in _DATA):
                _take_written_forms(value, handler)


def _relax(schema: dict[str, Any], handler: GetCoreSchemaHandler) -> None:
    if schema["type"] == "definition-ref":  # to a model, or to an enumeration
        schema = handler.resolve_ref_schema(cast("CoreSchema", schema))  # type: ignore[assignment]
    if schema["type"] in _LAX:
        schema["strict"] = False
