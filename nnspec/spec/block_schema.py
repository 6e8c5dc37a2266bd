"""The JSON Schema of `blocks`, `repeat` and `when`, and of specs that have blocks."""

from __future__ import annotations

from typing import Any

from nnspec.spec.blocks import NAME_PATTERN, TYPES
from nnspec.spec.layer_lists import GROUP_OPTIONS
from nnspec.spec.repetition import MAX_TIMES

Json = dict[str, Any]

_REF = "#/$defs/"
_PREFIX = "blocks."
_EXPRESSION = {"$ref": f"{_REF}expression"}
_LIST: Json = {"type": "array", "items": {"$ref": f"{_REF}layer"}}
_LAYERS: Json = {"anyOf": [_LIST, _EXPRESSION]}


def structures() -> Json:
    """The definitions of the options of `repeat` and `when`."""
    times = {"type": "integer", "minimum": 0, "maximum": MAX_TIMES}
    repeat: Json = {
        "times": {"anyOf": [times, _EXPRESSION]},
        "each": {"anyOf": [{"type": "array"}, _EXPRESSION]},
        "as": {
            "description": "The name that is the number of the time, from 0, or the item of each.",
            "type": "string",
            "pattern": "^[^\\W0-9]\\w*$",
        },
        "layers": _LAYERS,
        **{key: {} for key in GROUP_OPTIONS},
    }
    when: Json = {"test": {"anyOf": [{"type": "boolean"}, _EXPRESSION]}}
    when |= {"layers": _LAYERS, "else": _LAYERS}
    one_of = [{"required": ["times"]}, {"required": ["each"]}]
    return {
        "structure.repeat": {
            "description": "Layers several times over: `times`, or once for `each` of a list.",
            **_options(repeat, ["layers"]),
            "oneOf": one_of,
        },
        "structure.when": {
            "description": "Layers if a test is true, and others if it is not.",
            **_options(when, ["test", "layers"]),
        },
    }


def blocks_section() -> Json:
    """The `blocks` section of a spec."""
    types = ", ".join(TYPES)
    parameters = {
        "description": f"For each name its type ({types}), or a default that gives it.",
        "type": ["object", "null"],
        "propertyNames": {"not": {"enum": [*GROUP_OPTIONS]}},
    }
    layers = {**_LIST, "minItems": 1}
    return {
        "description": "Layers of one's own: a name, its parameters, and what it stands for.",
        "type": ["object", "null"],
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": _options({"parameters": parameters, "layers": layers}, ["layers"]),
    }


def _options(properties: Json, required: list[str]) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


# ---------------------------------------------------------------- a spec that has blocks


def definitions_with_blocks(definitions: Json) -> Json:
    """Copies of the definitions in which layers occur, where a layer may also be a block."""
    copied = _reaching("layer", definitions)
    found = {f"{_PREFIX}{name}": _redirected(definitions[name], copied) for name in sorted(copied)}
    found[f"{_PREFIX}layer"]["anyOf"] += _uses(definitions["layer"])
    return found


def _uses(layer: Json) -> list[Json]:
    """The forms of a block's use: any name that is no kind of a layer, alone or with options."""
    kinds = list(layer["anyOf"][1]["properties"])
    name = {"not": {"enum": kinds}, "pattern": f"^{NAME_PATTERN}$"}
    with_options = {"type": "object", "propertyNames": name, "minProperties": 1, "maxProperties": 1}
    return [{"type": "string", **name}, with_options]


def _reaching(target: str, definitions: Json) -> set[str]:
    """The names of the definitions that refer to `target`, at any distance, and its own."""
    refers = {name: set(_references(one)) for name, one in definitions.items()}
    found = {target}
    while more := {name for name, to in refers.items() if to & found} - found:
        found |= more
    return found


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = schema.get("$ref")
        found = [own.removeprefix(_REF)] if isinstance(own, str) else []
        return found + [name for one in schema.values() for name in _references(one)]
    return [name for one in schema for name in _references(one)] if isinstance(schema, list) else []


def _redirected(schema: Any, copied: set[str]) -> Any:
    """A schema whose references lead to the copies."""
    if isinstance(schema, list):
        return [_redirected(one, copied) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _redirected(one, copied) for key, one in schema.items()}
    own = schema.get("$ref")
    if isinstance(own, str) and own.removeprefix(_REF) in copied:
        made["$ref"] = f"{_REF}{_PREFIX}{own.removeprefix(_REF)}"
    return made
