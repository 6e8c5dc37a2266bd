"""What differs between the layers of two networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from nnspec.graph.differences.alignment import Pair, align
from nnspec.graph.differences.network_items import NetworkItem
from nnspec.spec.value_changes import ValueChange, mapping_changes

Action = Literal["changed", "resized", "replaced", "moved", "removed", "added"]


class LayerChange(NamedTuple):
    """A difference in one layer or group: what it is in the old and in the new network.

    `resized` is a layer with the same options and another output shape or number of parameters.
    `behind` are the items before it in both; None where it is the first.
    """

    action: Action
    old: NetworkItem | None
    new: NetworkItem | None
    options: tuple[ValueChange, ...] = ()
    behind: Pair = (None, None)

    @property
    def item(self) -> NetworkItem:
        """The item that it is told of: the new one, if there is one."""
        return next(one for one in (self.new, self.old) if one is not None)


def layer_changes(old: Sequence[NetworkItem], new: Sequence[NetworkItem]) -> list[LayerChange]:
    """The differences between two lists of items, in order."""
    changes: list[LayerChange] = []
    behind: Pair = (None, None)
    for pair in align(old, new):
        changes += _changes(pair, behind)
        behind = pair[0] or behind[0], pair[1] or behind[1]
    return _with_moves(changes)


def _changes(pair: Pair, behind: Pair) -> Iterator[LayerChange]:
    old, new = pair
    if old is None or new is None:
        yield LayerChange("removed" if old else "added", old, new, behind=behind)
    elif old.kind != new.kind:
        yield LayerChange("replaced", old, new, behind=behind)
    else:
        options = tuple(mapping_changes(old.options, new.options))
        if old.title != new.title:
            options = (ValueChange(("name",), old.title, new.title), *options)
        is_resized = not old.is_group and _size(old) != _size(new)
        if options or is_resized:
            yield LayerChange("changed" if options else "resized", old, new, options, behind)
        for name in sorted({*old.parts, *new.parts}, key=_part_order):
            yield from layer_changes(old.parts.get(name, ()), new.parts.get(name, ()))


def _part_order(name: str) -> tuple[bool, bool, str]:
    """Parts as they are computed: layers or paths, the shortcut, and what merges them."""
    return name == "merge", name == "shortcut", name


def _size(item: NetworkItem) -> tuple[object, int]:
    return item.shape, item.parameters


def _with_moves(changes: Sequence[LayerChange]) -> list[LayerChange]:
    """The changes, in which an item that is removed and added elsewhere is moved."""
    added: dict[str, list[LayerChange]] = {}
    for change in reversed(changes):
        if change.action == "added":
            added.setdefault(change.item.signature, []).append(change)
    moved: dict[int, LayerChange] = {}  # in the place of what was removed, by its identity
    gone: set[int] = set()
    for change in changes:
        if change.action == "removed" and added.get(change.item.signature):
            other = added[change.item.signature].pop()
            behind = change.behind[0], other.behind[1]
            moved[id(change)] = LayerChange("moved", change.old, other.new, (), behind)
            gone.add(id(other))
    return [moved.get(id(change), change) for change in changes if id(change) not in gone]
