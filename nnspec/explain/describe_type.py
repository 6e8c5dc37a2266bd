"""The JSON Schema of an option in words: `a whole number above 0, or a list of 2 of them`."""

from __future__ import annotations

from typing import Any

from nnspec.options import registry
from nnspec.options.types import MAX_SIZE
from nnspec.spec.json_schema import Json

_TYPES = {"integer": "a whole number", "number": "a number", "string": "text", "object": "a map"}
_BOUNDS = {
    "exclusiveMinimum": "above",
    "minimum": "of at least",
    "exclusiveMaximum": "below",
    "maximum": "of at most",
}


def describe_type(schema: Json) -> str:
    """What may be written for an option, without `${...}`, which may stand for any value."""
    forms = (_form(one) for one in schema.get("anyOf", [schema]))
    return ", or ".join(dict.fromkeys(filter(None, forms)))


def listed(names: list[Any], last: str) -> str:
    """`a, b and c`, where `last` is `and`."""
    *others, final = map(str, names)
    return f"{', '.join(others)} {last} {final}" if others else final


def _form(schema: Json) -> str:
    if "$ref" in schema:
        family = schema["$ref"].rpartition("/")[2]
        return "" if family == "expression" else registry.with_article(family)
    if "enum" in schema or "const" in schema:
        return listed(schema.get("enum") or [schema["const"]], "or")
    kind = schema.get("type")
    if kind == "null":
        return ""
    if kind == "boolean":
        return "true or false"
    if kind == "array":
        return _list(schema)
    if kind == "object" and "properties" in schema:
        return f"a map of {listed(list(schema['properties']), 'and')}"
    return _TYPES.get(str(kind), "anything") + _bounds(schema)


def _list(schema: Json) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    count = f" of {most}" if least == most else f" of at least {least}" if least else ""
    inner = describe_type(schema.get("items") or {"anyOf": []})
    return f"a list{count}, each {inner}" if inner else f"a list{count}"


def _bounds(schema: Json) -> str:
    limits = [f"{said} {schema[key]:g}" for key, said in _BOUNDS.items() if _limits(schema, key)]
    return f" {' and '.join(limits)}" if limits else ""


def _limits(schema: Json, key: str) -> bool:
    """Whether there is such a bound; that of memory goes without saying."""
    return key in schema and schema[key] != MAX_SIZE
