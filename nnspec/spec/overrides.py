"""Overrides: `key.path=value` words that change a spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from nnspec.errors import Document, Problem, SourceSpan, SpecError, quoted
from nnspec.language import composer, reader
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.spec.addresses import (
    Step,
    as_map,
    index_of,
    joined_parameter,
    replaces,
    steps_of,
    steps_of_layer,
    with_options,
)
from nnspec.spec.component_addresses import family_below, steps_of_component
from nnspec.spec.exclusive_options import without_excluded
from nnspec.spec.layer_lists import LAYER_LISTS, PATHS, kind_of, long_form


def set_value(root: LocatedMap, path: str, value: Any, place: SourceSpan) -> LocatedMap:
    """A copy of `root` with the value at `path` replaced; errors are reported at `place`."""
    names = path.split(".")
    if not all(names) or len(names) > composer.MAX_DEPTH:
        raise SpecError(
            Problem(f"{quoted(path)} is no path of a value", place, "write it as key.path")
        )
    steps = [Step(name, place) for name in names]
    changed: LocatedMap = _Change(root, value, place, _never).within(root, steps)
    return changed


def _never(_: Any, __: str, ___: str) -> bool:
    """No component replaces another: two parameters of a study would undo each other."""
    return False


# ---------------------------------------------------------------- overrides


COMMAND_LINE = "command line"  # the name of the document that an override is
_Within = Callable[[Any, Sequence[Step]], Any]


def apply_override(root: LocatedMap, text: str, name: str = COMMAND_LINE) -> LocatedMap:
    """`root` with one value set: `key.path=value`; a list's items by number or name.

    `name` is what messages call the place of the override.
    """
    document = Document(name, text)
    path, equals, written = text.partition("=")
    if not equals or not all(path.split(".")):
        raise SpecError(
            Problem(
                f"{quoted(text)} is no override",
                SourceSpan(document, 0, 0, len(text)),
                "write key.path=value",
            )
        )
    if path.count(".") >= composer.MAX_DEPTH:
        raise SpecError(
            Problem(
                f"the path has more than {composer.MAX_DEPTH} names",
                SourceSpan(document, 0, 0, len(path)),
            )
        )
    place = SourceSpan(document, 0, len(path) + 1, max(1, len(written)))
    value = _value(document, len(path) + 1)
    root = root if value is None else without_excluded(root, path.split("."))
    change = _Change(root, value, place, replaces)
    changed: LocatedMap = change.within(root, joined_parameter(steps_of(document, path)))
    return changed


def _value(document: Document, start: int) -> Any:
    """The value written from `start` on, with places that count from the override's start."""
    blanked = Document(document.name, " " * start + document.text[start:])
    blanked.lines = document.lines
    return reader.parse(blanked)


class _Change(NamedTuple):
    """A value that is set within a document; what the document shares stays as it was."""

    root: LocatedMap
    new: Any
    place: SourceSpan
    replaces: Callable[[Any, str, str], bool]  # whether a component takes the place of a value

    def within(self, value: Any, steps: Sequence[Step], family: str = "") -> Any:
        """A copy of `value` in which the value at `steps` is the new one.

        `family` is that of the component that the value is, or holds by its name or number.
        """
        if not steps:
            return self.new
        if isinstance(value, LocatedList):
            return self._in_list(value, steps, partial(self.within, family=family))
        step, *rest = steps_of_component(value, list(steps), family)
        value = as_map(value, step)
        if rest:
            value = with_options(self.root, value, step.name, rest[0].name, family)
        old, place = value.get(step.name), value.places.get(step.name, step.place)
        if rest and self.replaces(old, rest[0].name, step.name):
            old, place = None, step.place
        place = place if rest else self.place
        key_place = value.key_places.get(step.name, step.place) if rest else step.place
        copy = value.copy()
        within = self._child(step.name, family_below(step.name, value, family))
        copy.put(step.name, within(old, rest), key_place, place)
        return copy

    def _child(self, key: str, family: str) -> _Within:
        """How a value is set within the value of a key."""
        if key in LAYER_LISTS:
            return self._in_layers
        return self._in_paths if key == PATHS else partial(self.within, family=family)

    def _in_list(self, items: LocatedList, steps: Sequence[Step], within: _Within) -> LocatedList:
        index, rest = index_of(items, steps[0]), steps[1:]
        values, places = list(items), list(items.places)
        values[index] = within(items[index], rest)
        places[index] = places[index] if rest else self.place
        return LocatedList.of(items.place, values, places)

    def _in_layers(self, value: Any, steps: Sequence[Step]) -> Any:
        if not steps or not isinstance(value, LocatedList):
            return self.within(value, steps)
        return self._in_list(value, steps, self._in_layer)

    def _in_paths(self, value: Any, steps: Sequence[Step]) -> Any:
        if not steps or not isinstance(value, LocatedList):
            return self.within(value, steps)
        return self._in_list(value, steps, self._in_layers)

    def _in_layer(self, item: Any, steps: Sequence[Step]) -> Any:
        if not steps:
            return self.new
        item = long_form(item, kind_of(item))
        return self.within(item, steps_of_layer(item, list(steps)), "layer")
