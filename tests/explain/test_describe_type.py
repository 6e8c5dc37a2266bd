from __future__ import annotations

import pytest

from nnspec.explain.describe_type import describe_type, listed
from nnspec.options import registry
from nnspec.options.model import Model
from nnspec.options.types import PositiveInt
from nnspec.spec.json_schema import options_of

EXPRESSION = {"$ref": "#/$defs/expression"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "exclusiveMinimum": 0}, "a whole number above 0"),
        ({"type": "number", "minimum": 0, "maximum": 1}, "a number of at least 0 and of at most 1"),
        ({"type": "number"}, "a number"),
        ({"type": "boolean"}, "true or false"),
        ({"enum": ["valid", "same", "full"]}, "valid, same or full"),
        ({"const": "all"}, "all"),
        ({"$ref": "#/$defs/optimizer"}, "an optimizer"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}, EXPRESSION]}, "text"),
        ({"anyOf": [{"type": "number"}, {"$ref": "#/$defs/schedule"}]}, "a number, or a schedule"),
        ({"type": "array", "items": {}}, "a list"),
        ({"type": "array", "items": {"type": "number"}}, "a list, each a number"),
        ({"type": "array", "minItems": 1, "items": {}}, "a list of at least 1"),
        ({"type": "array", "minItems": 2, "maxItems": 2, "items": {}}, "a list of 2"),
        ({"type": "object", "properties": {"a": {}, "b": {}}}, "a map of a and b"),
        ({}, "anything"),
    ],
)  # fmt: skip
def test_a_schema_in_words(schema, said):
    assert describe_type(schema) == said


def test_the_bound_of_memory_goes_without_saying():
    class One(Model):
        size: PositiveInt

    assert describe_type(options_of(One)["properties"]["size"]) == "a whole number above 0"


def test_lists_and_articles():
    assert listed(["one"], "or") == "one"
    assert listed(["one", "two", 3], "and") == "one, two and 3"
    assert (registry.with_article("layer"), registry.with_article("activation")) == (
        "a layer",
        "an activation",
    )
