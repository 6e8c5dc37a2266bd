"""Laying a document over another one: maps key by key, layers by name or number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from nnspec.errors import SourceSpan
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.options import registry
from nnspec.spec.addresses import (
    Step,
    as_map,
    index_of,
    is_option,
    replaces,
    steps_of_layer,
    with_options,
)
from nnspec.spec.blocks import STRUCTURES
from nnspec.spec.component_addresses import family_below, options_of_component
from nnspec.spec.exclusive_options import without_all_excluded
from nnspec.spec.layer_lists import LAYER_LISTS, PATHS, kind_of, long_form

_Change = Callable[[Any, Any, SourceSpan], Any]  # of an item: what it was, the change, its place


def laid_over(base: LocatedMap, top: LocatedMap) -> LocatedMap:
    """`base` changed by `top`: maps key by key, lists and scalars replaced as a whole.

    A map over a list of layers changes those layers that it names. `train.steps` takes the place
    of `train.epochs`, and the other way round.
    """
    base = without_all_excluded(base, top)
    return _Merge(_Merge(base).maps(base, _parameters(top))).maps(base, top)


def _parameters(top: LocatedMap) -> LocatedMap:
    """The blocks of a document without their layers: a change may use those that it declares."""
    blocks, only = top.get("blocks"), LocatedMap(top.place)
    if isinstance(blocks, LocatedMap):
        declared = blocks.copy()
        for name, block in blocks.items():
            if isinstance(block, LocatedMap):
                declared[name] = block.copy()
                declared[name].pop("layers", None)
        only.put("blocks", declared, top.key_places["blocks"], top.places["blocks"])
    return only


class _Merge(NamedTuple):
    """Lays values over those of a document."""

    root: LocatedMap

    def maps(self, base: LocatedMap, top: LocatedMap, family: str = "") -> LocatedMap:
        """A map changed key by key; `family` is that of the component that it is, or holds."""
        merged = base.copy()
        for key, value in top.items():
            if isinstance(value, LocatedMap):
                for option in value:
                    merged = with_options(self.root, merged, key, option, family)
                inner = family_below(key, base, family)
                value = self._over(key, merged.get(key), value, inner)
            merged.put(key, value, top.key_places[key], top.places[key])
        return merged

    def _over(self, key: str, old: Any, new: LocatedMap, family: str) -> Any:
        change = self._layer if key in LAYER_LISTS else self._path if key == PATHS else None
        if change is not None and isinstance(old, LocatedList):
            return _items(old, new, change)
        new = options_of_component(old, new, family)
        is_other = len(new) == 1 and replaces(old, next(iter(new)), key)
        if is_other or not isinstance(old, LocatedMap):
            return new
        return self.maps(old, new, family)

    def _path(self, old: Any, change: Any, place: SourceSpan) -> Any:
        """A list of layers in a list, of which some are changed; or another in its place."""
        if isinstance(old, LocatedList) and isinstance(change, LocatedMap):
            return _items(old, change, self._layer)
        return change

    def _layer(self, old: Any, change: Any, place: SourceSpan) -> Any:
        """A layer changed by options, with its kind or without; or another layer in its place."""
        kind = kind_of(old)
        if kind is None or not isinstance(change, LocatedMap):
            return change
        layer = as_map(long_form(old, kind), Step(kind, place))
        if self._replaces(layer, kind, change):
            return change
        options = change[kind] if list(change) == [kind] else change
        for option in options:
            layer = self._with_option(layer, kind, options, option)
        return layer

    def _replaces(self, layer: LocatedMap, kind: str, change: LocatedMap) -> bool:
        """Whether a change is a whole layer: `{relu: {}}`, or the same kind in its short form."""
        if len(change) != 1:
            return False
        ((key, value),) = change.items()
        if key == kind:
            return not isinstance(value, LocatedMap)
        is_inner = len(steps_of_layer(layer, [Step(key, change.place)])) > 2
        return not is_inner and not is_option(self.root, kind, key) and self._is_kind(key)

    def _is_kind(self, key: str) -> bool:
        blocks = self.root.get("blocks")
        is_block = isinstance(blocks, LocatedMap) and key in blocks
        return is_block or key in STRUCTURES or registry.knows("layer", key)

    def _with_option(
        self, layer: LocatedMap, kind: str, change: LocatedMap, option: str
    ) -> LocatedMap:
        """A layer, as a map from its kind, in which an option, or a layer inside, is changed."""
        step = Step(option, change.key_places[option])
        layer = with_options(self.root, layer, kind, option)
        steps = steps_of_layer(layer, [Step(kind, step.place), step])
        top = _nested(steps[1:], change[option], change.places[option])
        copy = layer.copy()
        copy[kind] = self.maps(as_map(layer[kind], step), top)
        return copy


def _items(old: LocatedList, changes: LocatedMap, change: _Change) -> LocatedList:
    """A list of which some items, by name or number, are changed."""
    items, places = list(old), list(old.places)
    for name, value in changes.items():
        index = index_of(old, Step(name, changes.key_places[name]))
        items[index] = change(items[index], value, places[index])
        if items[index] is value:
            places[index] = changes.places[name]
    return LocatedList.of(old.place, items, places)


def _nested(steps: list[Step], value: Any, place: SourceSpan) -> Any:
    """Maps in maps, in which the steps lead to a value."""
    for step in reversed(steps):
        made = LocatedMap(place)
        made.put(step.name, value, step.place, place)
        value = made
    return value
