"""Lists of layers in a document that is not validated yet: their places and written forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnspec.errors import Problem, SourceSpan
from nnspec.language.interpolation import is_plain
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.names import NameScope
from nnspec.options import registry
from nnspec.options.messages import describe_value

LAYER_LISTS = ("layers", "shortcut", "else")  # keys of lists of layers
PATHS = "paths"  # the key of a list of lists of layers
GROUP_OPTIONS = ("name", "inputs")  # of a block's use and of `repeat`, which become groups


class WrittenLayer(NamedTuple):
    """An item of a list of layers: its kind and options, with their places."""

    kind: str
    options: Any
    place: SourceSpan
    options_place: SourceSpan


def kind_of(item: Any) -> str | None:
    """The kind of an item; None where it is not written as a component."""
    if type(item) is LocatedMap and len(item) == 1:
        (item,) = item
    return item if type(item) is str else None


def long_form(item: Any, kind: str | None) -> Any:
    """A group that is written by its list alone, `residual: [...]`, as a map of its options."""
    if kind is None or type(item) is not LocatedMap or type(item[kind]) is not LocatedList:
        return item
    cls = registry.find("layer", kind)
    if cls is None or cls.primary not in (*LAYER_LISTS, PATHS):
        return item
    place, key_place = item.places[kind], item.key_places[kind]
    options, copy = LocatedMap(place), item.copy()
    options.put(cls.primary, item[kind], key_place, place)
    copy[kind] = options
    return copy


def written_layer(item: Any, place: SourceSpan, scope: NameScope) -> WrittenLayer:
    """The kind and the options of an item that has a kind."""
    if isinstance(item, str):
        return WrittenLayer(item, None, place, place)
    ((kind, options),) = item.items()
    at, options_at = scope.at(item.key_places[kind]), scope.at(item.places[kind])
    return WrittenLayer(kind, options, at, at if options is None else options_at)


def layers_problems(owner: str, options: LocatedMap, keys: Sequence[str]) -> list[Problem]:
    """A problem for each of the keys whose value is neither a list of layers nor `${...}`."""
    values = {key: options[key] for key in keys if key in options}
    return [
        Problem(f"{owner}: {key} must be a list, not {describe_value(value)}", options.places[key])
        for key, value in values.items()
        if isinstance(value, LocatedMap) or is_plain(value)
    ]


def group(use: SourceSpan, given: LocatedMap, label: str, layers: LocatedList) -> LocatedMap:
    """The `sequential` that a use of a block, or `repeat`, stands for; `label` says of which."""
    options = LocatedMap(use)
    for key in GROUP_OPTIONS:
        if key in given:
            options.put(key, given[key], given.key_places[key], given.places[key])
    options.put("block", label, use, use)
    options.put("layers", layers, use, use)
    return sequential(use, options)


def sequential(use: SourceSpan, options: LocatedMap) -> LocatedMap:
    """A `sequential` layer with options."""
    layer = LocatedMap(use)
    layer.put("sequential", options, use, use)
    return layer
