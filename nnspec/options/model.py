"""The base class of option models: frozen pydantic models that are validated strictly."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema


class Model(BaseModel):
    """A frozen set of named options in which an unknown name is an error.

    Validation is strict: `"3"`, `3.0` and `true` are no integers. Lists and tuples alone are taken
    for each other, because YAML has only lists. A class's validator is built when it is first
    used; that of a plug-in's class at once, so that an option that cannot be validated is an
    error where the class is defined.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """pydantic's own schema, in which lists and tuples are taken for each other."""
        schema = handler(source)
        _take_sequences(schema)
        return schema

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if not cls.__module__.startswith("nnspec."):
            cls.model_rebuild(force=True)

    def options(self) -> dict[str, Any]:
        """Each option's value by its name, defaults included."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def replace(self, **changes: Any) -> Self:
        """A copy with some options changed, validated like any other."""
        options = {**self.options(), **changes}
        fields = type(self).model_fields
        absent = [n for n, value in options.items() if value is None and fields[n].default is None]
        return type(self).model_validate({n: v for n, v in options.items() if n not in absent})


def required_options(cls: type[Model]) -> tuple[str, ...]:
    """The names of the options that must be given."""
    return _required(cls)


@cache
def _required(cls: Any) -> tuple[str, ...]:
    return tuple(name for name, field in cls.model_fields.items() if field.is_required())


def _take_sequences(schema: Any) -> None:
    """Let each list and tuple of a core schema, at any depth, be given as the other."""
    if isinstance(schema, list):
        for item in schema:
            _take_sequences(item)
    elif isinstance(schema, dict):
        if schema.get("type") in ("list", "tuple"):
            schema["strict"] = False
        for key, value in schema.items():
            if key not in ("default", "expected", "metadata"):
                _take_sequences(value)
