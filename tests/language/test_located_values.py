"""Python values have the places that a reader finds in the text of them."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from nnspec.language import reader
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.located_values import located_values
from nnspec.spec import loader
from tests.paths import ROOT
from tests.small_runs import named

UNUSUAL = {
    "a b": ["true", "1", "", "x: y", "中文", "'\"", "line\nline", "- a", "*", "~", "1e5", "#"],
    "é": None, "true": True, "1": 1, "n": [1.5, 1e-7, 1e300, -3, float("inf"), float("-inf")],
    "maps": [{}, {"a": {}}, [[], [1, [2, {"b": [{}]}]]]], "none": {}, "list": [],
}  # fmt: skip


def specs():
    return [loader.load(path).plain() for path in sorted((ROOT / "specs").glob("*.yaml"))]


def places(value):
    """The place of each key and value, without the texts' widths."""
    if isinstance(value, LocatedMap):
        for key, item in value.items():
            yield (key, value.key_places[key].line, value.key_places[key].column)
            yield (key, value.places[key].line, value.places[key].column)
            yield from places(item)
    elif isinstance(value, LocatedList):
        for place, item in zip(value.places, value, strict=True):
            yield (place.line, place.column)
            yield from places(item)


@pytest.mark.parametrize("values", [UNUSUAL, named(), *specs()])
def test_the_text_reads_as_the_values_and_has_their_places(values):
    located = located_values(values, "spec")
    read = reader.parse(located.place.document)
    assert located == values
    assert read == values
    for ours, its in zip_longest(places(located), places(read)):
        assert ours == its
