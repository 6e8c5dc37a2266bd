"""What differs between two values of a spec: options, components, maps and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.language.writer import dump_flow
from nnspec.options.component import Component, to_plain
from nnspec.options.model import Model

Path = tuple[str | int, ...]


class ValueChange(NamedTuple):
    """The values at a path; None where there is none."""

    path: Path
    old: Any
    new: Any


def value_changes(old: Any, new: Any, path: Path = ()) -> Iterator[ValueChange]:
    """The innermost values that differ; a component of another kind differs as a whole."""
    if type(old) is type(new) and isinstance(old, Model):
        yield from mapping_changes(old.options(), new.options(), path)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from mapping_changes(old, new, path)
    elif _are_comparable(old, new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from value_changes(one, other, (*path, number))
    elif to_plain(old) != to_plain(new):
        yield ValueChange(path, old, new)


def _are_comparable(old: Any, new: Any) -> bool:
    """Whether both are lists of as many components or maps; lists of numbers differ as a whole."""
    if not isinstance(old, list | tuple) or not isinstance(new, list | tuple):
        return False
    has_parts = any(isinstance(item, Model | Mapping | list | tuple) for item in [*old, *new])
    return len(old) == len(new) and has_parts


def mapping_changes(
    old: Mapping[str, Any], new: Mapping[str, Any], path: Path = ()
) -> Iterator[ValueChange]:
    """The values that differ in two maps; a missing one is None."""
    for name in dict.fromkeys([*old, *new]):
        yield from value_changes(old.get(name), new.get(name), (*path, name))


def value_at(value: Any, path: Path) -> Any:
    """The value at a path of options, maps and lists; None where there is none."""
    for key in path:
        value = item_at(value, key)
    return value


def item_at(value: Any, key: str | int) -> Any:
    """The option, the value of a map or the item of a list; None where there is none."""
    if isinstance(value, Model):
        return getattr(value, str(key), None)
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        return None


def short_text(value: Any) -> str:
    """A value as a spec may write it, without options that have their default."""
    return "none" if value is None else dump_flow(to_plain(_short(value)))


def _short(value: Any) -> Any:
    if isinstance(value, Model):
        options = {name: _short(one) for name, one in value.options().items() if one is not None}
        fields = type(value).model_fields
        changed = {
            name: option
            for name, option in options.items()
            if getattr(value, name) != fields[name].get_default(call_default_factory=True)
        }
        if not isinstance(value, Component):
            return changed
        return {value.kind: _primary(value, changed)} if changed else value.kind
    if isinstance(value, Mapping):
        return {name: _short(one) for name, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list | tuple) else value


def _primary(component: Component, options: dict[str, Any]) -> Any:
    """The options of a component; the value alone of a primary option."""
    primary = component.primary
    return options[primary] if primary and list(options) == [primary] else options
