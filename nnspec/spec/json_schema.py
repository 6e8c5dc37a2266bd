"""The JSON Schema of a spec file, by which editors complete and check what is typed.

It is made from the registry and from pydantic's schema of each model, so it knows what they
know: the written forms of a component, `${...}` for any value, and what is resolved before
(`vars`, `extends`, `blocks`, `repeat`, `when`). Where a spec has blocks, or extends another one,
any unknown kind of layer may be a block. Rules over several options, `.inf`, and 3.0 where a
whole number belongs are left to `nnspec check`.
"""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from nnspec.options import registry
from nnspec.options.component import Component, to_plain
from nnspec.options.model import Model, required_options
from nnspec.spec.block_schema import blocks_section, definitions_with_blocks, structures
from nnspec.spec.blocks import STRUCTURES
from nnspec.spec.document import Spec
from nnspec.spec.inheritance import MAX_EXTENDS
from nnspec.spec.layer_lists import LAYER_LISTS

Json = dict[str, Any]

_REF = "#/$defs/"
_EXPRESSION = {"$ref": f"{_REF}expression"}


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of a spec file, as plain values."""
    definitions = {"expression": _expression(), "spec": _document()}
    for family in registry.families():
        definitions[family] = _family(family)
        for cls in registry.classes(family):
            definitions[_key(cls)] = _kind(cls)
    definitions |= structures()
    _add_structures(definitions["layer"])
    with_blocks = definitions_with_blocks(definitions)
    changes: Json = {}
    extended = _change({"$ref": f"{_REF}blocks.spec"}, {**definitions, **with_blocks}, changes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnspec",
        "if": {"type": "object", "required": ["extends"]},
        "then": extended,
        "else": {
            "if": {"type": "object", "required": ["blocks"]},
            "then": {"$ref": f"{_REF}blocks.spec"},
            "else": {"$ref": f"{_REF}spec"},
        },
        "$defs": {**definitions, **with_blocks, **changes},
    }


def _expression() -> Json:
    return {
        "description": "An expression over the names of `vars`, a block's parameters and `as`: "
        "arithmetic, comparisons, and/or/not, a if c else b, list[0], map['key'], min, max, "
        "round, floor, ceil, int, abs, len.",
        "type": "string",
        "pattern": r"\$\{[^{}]*\}",
    }


def _document() -> Json:
    """The sections of a spec, and `vars`, `blocks` and `extends`, which are resolved before."""
    document = options_of(Spec)
    names = {"description": "Names for `${...}`.", "type": ["object", "null"]}
    path = {"type": "string", "minLength": 1}
    base = {
        "description": "Another spec's path, or several, relative to this file; later ones lie "
        "over earlier ones, and this one over all.",
        "anyOf": [path, {"type": "array", "items": path, "minItems": 1, "maxItems": MAX_EXTENDS}],
    }
    document["properties"] |= {"vars": names, "extends": base, "blocks": blocks_section()}
    return document


def _add_structures(layer: Json) -> None:
    """Let `repeat` and `when` stand where a layer may stand."""
    layer["anyOf"][1]["properties"] |= {
        kind: {"$ref": f"{_REF}structure.{kind}"} for kind in STRUCTURES
    }


def _family(family: str) -> Json:
    """A component: a kind alone, or a map from one kind to its options."""
    classes = registry.classes(family)
    alone = [cls for cls in classes if not _required(cls)]
    kinds = {
        "enum": [cls.kind for cls in alone],
        "enumDescriptions": [getdoc(cls) for cls in alone],
    }
    with_options = {
        "type": "object",
        "properties": {cls.kind: {"$ref": _REF + _key(cls)} for cls in classes},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        "description": f"For example {registry.example(family)}",
        "anyOf": [kinds, with_options, _EXPRESSION],
    }


def _kind(cls: type[Component]) -> Json:
    """What may follow a kind: its options, its primary option's value, or nothing."""
    options = options_of(cls)
    forms: list[Json] = [options]
    required = _required(cls)
    if not required:
        forms.append({"type": "null"})
    if cls.primary and required <= {cls.primary}:
        forms.append({**options["properties"][cls.primary], "not": {"type": "object"}})
    return {"description": options.pop("description"), "anyOf": [*forms, _EXPRESSION]}


def _key(cls: type[Component]) -> str:
    return f"{cls.family}.{cls.kind}"


def _required(cls: type[Component]) -> set[str]:
    return set(required_options(cls))


# ---------------------------------------------------------------- from pydantic's schema


class _Generator(GenerateJsonSchema):
    """Writes defaults as a spec does, and no titles that only repeat an option's name."""

    def encode_default(self, dft: Any) -> Any:
        return super().encode_default(to_plain(dft))

    def tuple_schema(self, schema: Any) -> Json:
        """Items that are alike as `items`, which editors know whatever draft they speak."""
        made = super().tuple_schema(schema)
        first, *others = made.get("prefixItems", [None])
        if first and all(one == first for one in others):
            made["items"] = made.pop("prefixItems")[0]
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def options_of(cls: type[Model]) -> Json:
    """The map from a model's options to their values."""
    schema = cls.model_json_schema(schema_generator=_Generator)
    models = schema.pop("$defs", {})
    return {"description": getdoc(cls), **_form(schema, models)}


def _value(schema: Json, models: Json) -> Json:
    """One of the forms that pydantic lists, or a `${...}` that stands for it."""
    several = schema["anyOf"] if "anyOf" in schema and "family" not in schema else [schema]
    forms = [_form(one, models) for one in several]
    about = {key: schema[key] for key in ("description", "default") if schema.get(key) is not None}
    descriptions = [form["description"] for form in forms if "description" in form]
    if descriptions:
        about["description"] = descriptions[0]
    if not any("$ref" in form or form in ({}, {"type": "string"}) for form in forms):
        forms.append(_EXPRESSION)
    return {**about, **forms[0]} if len(forms) == 1 else {**about, "anyOf": forms}


def _form(schema: Json, models: Json) -> Json:
    """A schema that stands alone: nested models in place, families by reference."""
    if "family" in schema:
        return {"$ref": _REF + schema["family"]}
    if "$ref" in schema:
        schema = models[schema["$ref"].removeprefix(_REF)]
    form = {key: value for key, value in schema.items() if key not in ("title", "default")}
    for key in form.keys() & {"items", "additionalProperties"}:
        form[key] = _value(form[key], models) if isinstance(form[key], dict) else form[key]
    for key in form.keys() & {"anyOf", "prefixItems"}:
        form[key] = [_value(one, models) for one in form[key]]
    if "properties" in form:
        form["properties"] = {name: _value(v, models) for name, v in form["properties"].items()}
    return form


# ---------------------------------------------------------------- a spec that extends another


def _change(schema: Json, definitions: Json, changes: Json) -> Json:
    """What may be laid over a value: maps are merged key by key, so none of theirs is required.

    A list is replaced as a whole, so its items stay as they are. The definitions that are
    needed enter `changes`.
    """
    change = {key: value for key, value in schema.items() if key != "required"}
    if "anyOf" in change:
        change["anyOf"] = [_change(one, definitions, changes) for one in change["anyOf"]]
    if "properties" in change:
        inner = change["properties"].items()
        change["properties"] = {name: _change(one, definitions, changes) for name, one in inner}
        for name in change["properties"].keys() & {*LAYER_LISTS}:
            change["properties"][name] = _changed_layers(change["properties"][name])
    if "$ref" in change and schema["$ref"] != _EXPRESSION["$ref"]:
        name = schema["$ref"].removeprefix(_REF)
        change["$ref"] = f"{_REF}change.{name}"
        if f"change.{name}" not in changes:
            changes[f"change.{name}"] = {}  # its place is taken: a family may contain itself
            changes[f"change.{name}"] = _change(definitions[name], definitions, changes)
    return change


def _changed_layers(layers: Json) -> Json:
    """A list of layers, or a map that changes some of the base's by name or number."""
    about = {key: layers[key] for key in ("description",) if key in layers}
    return {**about, "anyOf": [layers, {"type": "object"}]}
