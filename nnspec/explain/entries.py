"""Descriptions of components: formula, options, written forms, examples."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getdoc
from string import ascii_lowercase
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nnspec.components.layers.base import Example, Layer
from nnspec.errors import Document, NnspecError, Problem, SourceSpan, did_you_mean, quoted
from nnspec.explain.describe_type import describe_type
from nnspec.graph.compile import compile_spec
from nnspec.language.writer import dump
from nnspec.options import registry
from nnspec.options.component import Component, to_plain
from nnspec.options.messages import ExpectedForm
from nnspec.options.model import required_options
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.json_schema import options_of
from nnspec.spec.loader import build


class Option(NamedTuple):
    """An option: its type in words, and its default."""

    name: str
    type: str
    required: bool
    default: Any  # plain; None where there is none
    primary: bool


class Entry(NamedTuple):
    """The description of a kind, derived from its class."""

    kind: str
    families: tuple[str, ...]
    about: str
    forms: tuple[str, ...]
    options: tuple[Option, ...]
    examples: tuple[str, ...]  # YAML
    exact: bool  # whether precision `exact` gives equal bits on all backends

    def plain(self) -> dict[str, Any]:
        """An item of `explain --json`."""
        options = [option._asdict() for option in self.options]
        return {**self._asdict(), "options": options}


def kinds() -> dict[str, dict[str, str]]:
    """For each family, its kinds with the first line of their docstrings."""
    return {
        family: {cls.kind: _about(cls).partition("\n")[0] for cls in registry.classes(family)}
        for family in registry.families()
    }


def classes(name: str) -> list[type[Component]]:
    """Every class of a kind: `flatten` is a layer and a preprocessing step. A family has none.

    Raises NnspecError, with the nearest name, where nothing is called so.
    """
    found = [cls for f in registry.families() if (cls := registry.find(f, name))]
    if not found and name not in registry.families():
        place = SourceSpan(Document("command line", name), 0, 0, len(name))
        known = dict.fromkeys(kind for of_family in kinds().values() for kind in of_family)
        hint = did_you_mean(name, [*known, *registry.families()])
        raise NnspecError(Problem(f"nothing is called {quoted(name)}", place, hint))
    return list(dict.fromkeys(found))


def explain(cls: type[Component]) -> Entry:
    """The description of a component class."""
    return Entry(
        cls.kind,
        (cls.family, *cls.also),
        _about(cls),
        tuple(_forms(cls)),
        tuple(_options(cls)),
        tuple(_examples(cls)),
        cls.exact,
    )


def to_flow_yaml(value: Any) -> str:
    """A plain value on one line of YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {to_flow_yaml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_flow_yaml, value))}]"
    return dump(value).removesuffix("...\n").rstrip()


def _about(cls: type[Component]) -> str:
    return getdoc(cls) or ""


def _options(cls: type[Component]) -> list[Option]:
    schemas = options_of(cls)["properties"]
    return [
        Option(
            name,
            _expected_form(field) or describe_type(schemas[name]),
            field.is_required(),
            None if field.is_required() else to_plain(field.get_default(call_default_factory=True)),
            name == cls.primary,
        )
        for name, field in cls.model_fields.items()
    ]


def _expected_form(field: FieldInfo) -> str:
    """What messages say that an option must be, where its type says it itself."""
    parts = field.annotation, *get_args(field.annotation)
    extras = [*field.metadata, *(extra for part in parts for extra in get_args(part))]
    return next((extra.what for extra in extras if isinstance(extra, ExpectedForm)), "")


def _forms(cls: type[Component]) -> list[str]:
    """The forms in which it may be written, with what the user chooses in capitals."""
    required = list(required_options(cls))
    forms = [cls.kind] if _stands_alone(cls) else []
    if cls.primary and set(required) <= {cls.primary}:
        forms.append(f"{cls.kind}: {cls.primary.upper()}")
    if cls.model_fields:
        named = required or [cls.primary or next(iter(cls.model_fields))]
        more = ", ..." if len(named) < len(cls.model_fields) else ""
        options = ", ".join(f"{name}: {name.upper()}" for name in named)
        forms.append(f"{cls.kind}: {{{options}{more}}}")
    return forms


def _examples(cls: type[Component]) -> list[str]:
    if issubclass(cls, Layer) and cls.examples:
        return [_layer_example(cls, example) for example in cls.examples]
    if cls.example:
        return [cls.example]
    return [cls.kind] if _stands_alone(cls) else []


def _stands_alone(cls: type[Component]) -> bool:
    """Whether a kind may be written without options."""
    try:
        cls.model_validate({})
    except ValidationError:
        return False
    return True


def _layer_example(cls: type[Layer], example: Example) -> str:
    """The layer as an item of `layers`, and the shapes of its inputs and its output."""
    graph = compile_spec(build({"network": _network(cls, example)}))
    options = dict(example.options)
    if len(graph.inputs) > 1:
        options["inputs"] = list(graph.inputs)
    item = f"- {cls.kind}: {to_flow_yaml(_short(cls, options))}" if options else f"- {cls.kind}"
    given = " and ".join(map(_described, graph.inputs.values()))
    verb = "become" if len(graph.inputs) > 1 else "becomes"
    return f"{item}  # {given} {verb} {format_shape(graph.output_shape)}"


def _network(cls: type[Layer], example: Example) -> dict[str, Any]:
    """The network section with the layer of an example, on inputs `a`, `b`, ..."""
    inputs = {
        name: {"shape": list(spec.shape), "dtype": spec.dtype}
        for name, spec in zip(ascii_lowercase, example.inputs, strict=False)
    }
    return {"inputs": inputs, "layers": [{cls.kind: example.options}]}


def _described(spec: TensorSpec) -> str:
    return format_shape(spec.shape) if spec.is_float else f"{format_shape(spec.shape)} {spec.dtype}"


def _short(cls: type[Layer], options: Mapping[str, object]) -> object:
    """The options, or the value of the primary one where it is all there is."""
    alone = options.get(cls.primary) if cls.primary and len(options) == 1 else None
    return options if alone is None or isinstance(alone, Mapping) else alone
