"""The base class of components: models with a kind that is unique in its family.

Layers, losses, optimizers, initializers, metrics, preprocessing steps and data sources are all
components. A component is written in one of three ways:

    flatten                                 its kind
    dropout: 0.5                            its kind and its primary option
    dense: {units: 10, activation: softmax} its kind and its options
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

from nnspec.errors import NnspecError
from nnspec.options.model import Model


class Component(Model):
    """A model with a kind; subclasses are abstract or final.

    A final class is declared with its kind: `class Dense(Layer, kind="dense", primary="units")`.
    """

    family: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()  # further families in which the kind may stand
    kind: ClassVar[str] = ""
    primary: ClassVar[str | None] = None  # the option of the short form
    example: ClassVar[str] = ""  # how it is written; needed where an option is required
    exact: ClassVar[bool] = True  # whether precision `exact` gives equal bits on all backends

    def __init_subclass__(cls, kind: str = "", primary: str | None = None) -> None:
        if kind:
            cls.kind, cls.primary = kind, primary

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **_: Any) -> None:
        super().__pydantic_init_subclass__()
        if cls.primary and cls.primary not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no option {cls.primary!r}, its primary one")
        if kind:
            _register(cls)


DEFINED: dict[tuple[str, str], type[Component]] = {}  # by family and kind


def _register(cls: type[Component]) -> None:
    """Enter a final class; a second class for its kind is an error."""
    for family in (cls.family, *cls.also):
        known = DEFINED.get((family, cls.kind), cls)
        if origin(known) != origin(cls):
            raise clash(family, cls.kind, origin(known), origin(cls))
        DEFINED[family, cls.kind] = cls  # the newest, where a notebook defines it again


def origin(cls: type[Component]) -> str:
    """Where a class is defined, as entry points write it: `module:Class`."""
    return f"{cls.__module__}:{cls.__qualname__}"


def clash(family: str, kind: str, one: str, other: str) -> NnspecError:
    """The error that two objects claim a kind: never a guess."""
    return NnspecError(f"two classes claim the {family} {kind!r}: {one} and {other}")


def to_plain(value: Any) -> Any:
    """A model as plain values with every option written out; `read_component` gives it back."""
    if isinstance(value, Component):
        options = _options(value)
        return {value.kind: options} if options else value.kind
    if isinstance(value, Model):
        return _options(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return to_plain(value.value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _options(model: Model) -> dict[str, Any]:
    """Each option as a plain value; None where it is the default, as where nothing is written."""
    fields, options = type(model).model_fields, model.options().items()
    return {
        name: to_plain(value)
        for name, value in options
        if value is not None or fields[name].default is not None
    }
