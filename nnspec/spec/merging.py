"""Laying a document over another one: maps key by key, layers by name or number."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.errors import Problem, SourceSpan, SpecError, quoted
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.options import registry
from nnspec.spec.addresses import Step, index_of, names_inner_layer, with_options
from nnspec.spec.blocks import STRUCTURES
from nnspec.spec.layer_lists import LAYER_LISTS, kind_of, long_form


def laid_over(base: LocatedMap, top: LocatedMap) -> LocatedMap:
    """`base` changed by `top`: maps key by key, lists and scalars replaced as a whole.

    A map over a list of layers changes those layers that it names.
    """
    return _Merge(base).maps(base, top)


class _Merge(NamedTuple):
    """Lays values over those of a document."""

    root: LocatedMap

    def maps(self, base: LocatedMap, top: LocatedMap) -> LocatedMap:
        """A map changed key by key."""
        merged = base.copy()
        for key, value in top.items():
            old = merged.get(key)
            if isinstance(value, LocatedMap):
                value = self._over(key, old, value)
            merged.put(key, value, top.key_places[key], top.places[key])
        return merged

    def _over(self, key: str, old: Any, new: LocatedMap) -> Any:
        if key in LAYER_LISTS and isinstance(old, LocatedList):
            return self._layers(old, new)
        if isinstance(old, LocatedMap) and not _other_kind(old, new):
            return self.maps(old, new)
        return new

    def _layers(self, old: LocatedList, changes: LocatedMap) -> LocatedList:
        """A list of layers of which some, by name or number, are changed."""
        layers, places = list(old), list(old.places)
        for name, change in changes.items():
            index = index_of(old, Step(name, changes.key_places[name]))
            layers[index] = self._layer(layers[index], change, places[index])
            if layers[index] is change:
                places[index] = changes.places[name]
        return LocatedList.of(old.place, layers, places)

    def _layer(self, old: Any, change: Any, place: SourceSpan) -> Any:
        """A layer changed by options, with its kind or without; or another layer in its place."""
        kind = kind_of(old)
        if kind is None or not isinstance(change, LocatedMap) or self._replaces(kind, change):
            return change
        options = change[kind] if list(change) == [kind] else change
        return self._with_options(_as_map(long_form(old, kind), place), kind, options)

    def _replaces(self, kind: str, change: LocatedMap) -> bool:
        """Whether a change is a whole layer: `{relu: {}}`, or the same kind in its short form."""
        if len(change) != 1:
            return False
        ((key, value),) = change.items()
        if key == kind:
            return not isinstance(value, LocatedMap)
        cls = registry.find("layer", kind)
        is_option = cls is not None and key in cls.model_fields
        return not is_option and self._is_kind(key)

    def _is_kind(self, key: str) -> bool:
        blocks = self.root.get("blocks")
        is_block = isinstance(blocks, LocatedMap) and key in blocks
        return is_block or key in STRUCTURES or registry.knows("layer", key)

    def _with_options(self, layer: LocatedMap, kind: str, change: LocatedMap) -> LocatedMap:
        """A layer, as a map from its kind, whose options are changed key by key."""
        for key in change:
            layer = with_options(self.root, layer, kind, key)
        old = layer[kind]
        if old is not None and not isinstance(old, LocatedMap):
            key, place = next(iter(change.key_places.items()))
            message = f"{quoted(key)} is set inside {quoted(old)}, which has no keys"
            raise SpecError(Problem(message, place))
        old = LocatedMap(layer.places[kind]) if old is None else old
        copy = layer.copy()
        copy[kind] = self.maps(old, _by_layers(old, change))
        return copy


def _as_map(layer: Any, place: SourceSpan) -> LocatedMap:
    """A layer as a map from its kind to its options."""
    if isinstance(layer, LocatedMap):
        return layer
    made = LocatedMap(place)
    made.put(layer, None, place, place)
    return made


def _by_layers(old: LocatedMap, change: LocatedMap) -> LocatedMap:
    """A change of a group's options, in which the names of its layers stand under `layers`."""
    inner = [key for key in change if names_inner_layer(old, key)]
    if not inner:
        return change
    outer, layers = LocatedMap(change.place), LocatedMap(change.place)
    for key in change:
        target = layers if key in inner else outer
        target.put(key, change[key], change.key_places[key], change.places[key])
    outer.put("layers", layers, change.place, change.place)
    return outer


def _other_kind(old: LocatedMap, new: LocatedMap) -> bool:
    """Whether both are components and of different kinds: `{sgd: ...}` and `{adam: ...}`."""
    if len(old) != 1 or len(new) != 1 or old.keys() == new.keys():
        return False
    (one,), (other,) = old, new
    return any(
        registry.knows(family, one) and registry.knows(family, other)
        for family in registry.families()
    )
