"""How items of a list are addressed in a document that is not expanded yet: by number or name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from nnspec.errors import Document, Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.options import registry
from nnspec.spec import condition, repetition
from nnspec.spec.blocks import is_type, short_form
from nnspec.spec.layer_lists import GROUP_OPTIONS, LAYER_LISTS, PATHS, kind_of

CANDIDATES = ("values", "low", "high", "step", "log")  # options of a parameter of `tune`
_NUMBER = re.compile("[0-9]{1,9}")
_SUMMARY_NUMBER = re.compile("_[0-9]{1,9}$")
_STRUCTURE_OPTIONS = {"repeat": repetition.OPTIONS, "when": condition.OPTIONS}


class Step(NamedTuple):
    """One name of a value's path, and where it is written."""

    name: str
    place: SourceSpan


def steps_of(document: Document, path: str) -> list[Step]:
    """The steps of a path that a document begins with, each with its place."""
    names = path.split(".")
    starts = accumulate((len(name) + 1 for name in names), initial=0)
    return [
        Step(name, SourceSpan(document, 0, start, max(1, len(name))))
        for name, start in zip(names, starts, strict=False)
    ]


def joined_parameter(steps: list[Step]) -> list[Step]:
    """The steps to a parameter of `tune`, whose key is itself a path: it is one step.

    A last step that is an option of its candidates (`low`, `high`, ...) stays one.
    """
    if [step.name for step in steps[:2]] != ["tune", "parameters"] or len(steps) < 4:
        return steps
    last = steps[-1:] if steps[-1].name in CANDIDATES else []
    key = steps[2 : len(steps) - len(last)]
    start, end = key[0].place, key[-1].place
    place = start._replace(width=end.column + end.width - start.column)
    return [*steps[:2], Step(".".join(step.name for step in key), place), *last]


def index_of(items: LocatedList, step: Step) -> int:
    """The index of the item that has a number or, as its option, a name; a SpecError if none."""
    if _NUMBER.fullmatch(step.name):
        if int(step.name) < len(items):
            return int(step.name)
        raise _no_item(items, step)
    found = [index for index, item in enumerate(items) if given_name(item) == step.name]
    if not found:
        raise _no_item(items, step)
    if len(found) > 1:
        message = f"{len(found)} items have the name {quoted(step.name)}"
        hint = f"say which by its number: {', '.join(map(str, found[:5]))}"
        raise SpecError(Problem(message, step.place, hint))
    return found[0]


def _no_item(items: LocatedList, step: Step) -> SpecError:
    names = [name for name in map(given_name, items) if name is not None]
    message = f"there is no item {quoted(step.name)} in a list of {len(items)}"
    numbered = f"items are numbered 0 to {len(items) - 1}" if items else ""
    by_name = names and not _NUMBER.fullmatch(step.name)
    hint = (lambda: did_you_mean(step.name, names)) if by_name else numbered
    of_kind = [index for index, item in enumerate(items) if kind_of(item) == _kind_in(step.name)]
    if of_kind:
        listed = ", ".join(map(str, of_kind[:5]))
        hint = f"{_kind_in(step.name)} has the number {listed}; a name counts that `name:` gives"
    return SpecError(Problem(message, step.place, hint))


def _kind_in(name: str) -> str:
    """The kind in what a summary calls a layer: `dense` of `dense_2`."""
    return _SUMMARY_NUMBER.sub("", name)


def given_name(item: Any) -> str | None:
    """The name that an item's options give it."""
    if type(item) is not LocatedMap or len(item) != 1:
        return None
    (options,) = item.values()
    name = options.get("name") if isinstance(options, LocatedMap) else None
    return name if isinstance(name, str) else None


def steps_of_layer(item: Any, steps: list[Step]) -> list[Step]:
    """The steps from a layer to a value in it, of which the kind may be left out.

    So may the key of its layers: before the name of one of them or, where the list is the layer's
    only option, before a number.
    """
    kind = kind_of(item)
    if kind is None:
        return steps
    first = Step(kind, steps[0].place)
    rest = steps[1:] if steps[0].name == kind else steps
    options = item[kind] if isinstance(item, LocatedMap) else None
    key = _list_of(options, rest[0].name) if rest and isinstance(options, LocatedMap) else None
    return [first, *rest] if key is None else [first, Step(key, rest[0].place), *rest]


def _list_of(options: LocatedMap, name: str) -> str | None:
    """The key of the list in which a name, or a number, is that of an item; None if an option's."""
    if name in options:
        return None
    if _NUMBER.fullmatch(name):
        keys = [key for key in (*LAYER_LISTS, PATHS) if isinstance(options.get(key), LocatedList)]
        return keys[0] if keys == list(options) else None
    layers = options.get("layers")
    if not isinstance(layers, LocatedList):
        return None
    return "layers" if any(given_name(item) == name for item in layers) else None


def as_map(value: Any, step: Step) -> LocatedMap:
    """The map in which a step is taken; nothing, and a kind alone (`sgd`), become maps."""
    if isinstance(value, LocatedMap):
        return value
    if value is None and _NUMBER.fullmatch(step.name):
        message = f"there is no list that has an item {step.name}"
        raise SpecError(Problem(message, step.place, "write the whole list: [...]"))
    made = LocatedMap(step.place)
    if value == step.name:
        made.put(step.name, None, step.place, step.place)
    elif value is not None:
        message = f"{quoted(step.name)} is set inside {quoted(value)}, which has no keys"
        hint = f"write {{{value}: {{{step.name}: ...}}}}" if isinstance(value, str) else ""
        raise SpecError(Problem(message, step.place, hint))
    return made


# ---------------------------------------------------------------- options


def replaces(old: Any, kind: str, key: str) -> bool:
    """Whether a component of `kind` takes the place of `old`, the value of `key`, as a whole.

    It does where `old` is of another kind (`{sgd: 0.1}`, `zeros`) or a number, and where `kind`
    is no option of a component that is called `key`.
    """
    one = next(iter(old)) if isinstance(old, LocatedMap) and len(old) == 1 else old
    if one == kind or isinstance(one, bool) or not isinstance(one, str | int | float):
        return False
    known = [family for family in registry.families() if registry.knows(family, kind)]
    if not known or _has_option(key, kind):
        return False
    return not isinstance(one, str) or any(registry.knows(family, one) for family in known)


def _has_option(kind: str, name: str) -> bool:
    classes = (registry.find(family, kind) for family in registry.families())
    return any(cls is not None and name in cls.model_fields for cls in classes)


def is_option(root: LocatedMap, kind: str, name: str) -> bool:
    """Whether a layer, a block or a structure that is called `kind` has an option."""
    blocks = root.get("blocks")
    if isinstance(blocks, LocatedMap) and kind in blocks:
        return name in (*_parameters(blocks[kind]), *GROUP_OPTIONS)
    cls = registry.find("layer", kind)
    return name in (_STRUCTURE_OPTIONS.get(kind, ()) if cls is None else cls.model_fields)


def primary_option(root: LocatedMap, kind: str, option: str, family: str = "") -> str | None:
    """The option of the short form of a component or a block that is called `kind`.

    None where it has no short form, or no such option; where the family is known, a misspelt
    option stands beside the short form's, so that both are validated together.
    """
    blocks = root.get("blocks")
    if isinstance(blocks, LocatedMap) and kind in blocks:
        return _primary_parameter(blocks[kind], option)
    of_family = registry.find(family, kind) if family in registry.families() else None
    if of_family is not None:
        return of_family.primary
    known = (registry.find(family, kind) for family in registry.families())
    classes = [cls for cls in known if cls and cls.primary and option in cls.model_fields]
    return classes[0].primary if classes else None


def _primary_parameter(block: Any, option: str) -> str | None:
    parameters = _parameters(block)
    if not parameters or option not in (*parameters, *GROUP_OPTIONS):
        return None
    return short_form({name: is_type(declared) for name, declared in parameters.items()})


def _parameters(block: Any) -> Mapping[str, Any]:
    """The parameters that a block declares, as they are written."""
    parameters = block.get("parameters") if isinstance(block, LocatedMap) else None
    return parameters if isinstance(parameters, LocatedMap) else {}


def with_options(
    root: LocatedMap, value: LocatedMap, kind: str, option: str, family: str = ""
) -> LocatedMap:
    """`{sgd: 0.1}` as `{sgd: {learning_rate: 0.1}}`, so that another option can be set."""
    options = value.get(kind)
    if options is None or isinstance(options, LocatedMap):
        return value
    primary = primary_option(root, kind, option, family)
    if primary is None:
        return value
    place, key_place = value.places[kind], value.key_places[kind]
    made, copy = LocatedMap(place), value.copy()
    made.put(primary, options, key_place, place)
    copy.put(kind, made, key_place, place)
    return copy
