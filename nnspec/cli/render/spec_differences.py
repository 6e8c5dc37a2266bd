"""Text of the differences between two specs: equal ones are told once, with their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from nnspec.errors import cut, visible
from nnspec.graph.differences.layer_changes import LayerChange
from nnspec.graph.differences.network_items import NetworkItem
from nnspec.graph.differences.spec_differences import ComparedNetwork, SpecDifferences
from nnspec.graph.summary import summarise
from nnspec.options.shapes import format_shape
from nnspec.spec.value_changes import Path, ValueChange, short_text

WIDTH = 100
_LAYER_LINES, _VALUE_LINES = 10, 3  # that are shown of very many differences
_MAX_VALUES = 3  # of an option that changes in several layers
_MAX_NAMES = 3  # of the layers with one difference


class Difference(NamedTuple):
    """What is told of some equal changes, and in how many layers or values they are."""

    text: str
    places: int = 1


def differences_text(
    names: Sequence[str], networks: Sequence[ComparedNetwork], found: SpecDifferences
) -> str:
    """Both networks, and what differs in fewer than twenty lines: what is in most places first."""
    layers, values = _layer_differences(found.layers), _value_differences(found.values)
    return _blocks(names, networks, found, _most(layers, _LAYER_LINES), _most(values, _VALUE_LINES))


def all_differences_text(
    names: Sequence[str], networks: Sequence[ComparedNetwork], found: SpecDifferences
) -> str:
    """Both networks, the differences in layers, and the values that differ elsewhere."""
    layers, values = _layer_differences(found.layers), _value_differences(found.values)
    return _blocks(names, networks, found, _lines(layers), _lines(values))


def layer_lines(changes: Sequence[LayerChange], *, with_all: bool) -> str:
    """What differs in the layers; of very many differences, those in most layers."""
    told = _layer_differences(changes)
    return _lines(told) if with_all else _most(told, _LAYER_LINES)


def _blocks(
    names: Sequence[str], networks: Sequence[ComparedNetwork], found: SpecDifferences, *lines: str
) -> str:
    heads = [_heads(names, networks), "" if found else "no difference"]
    return "\n\n".join(filter(None, [*heads, *lines]))


def _heads(names: Sequence[str], networks: Sequence[ComparedNetwork]) -> str:
    """A line for each side: its name, and how many layers and parameters it has."""
    summaries = [summarise(network.graph) for network in networks]
    columns = [
        ["A", "B"],
        [*map(visible, names)],
        [_counted(len(summary.rows), "layer") for summary in summaries],
        [f"{summary.parameters:,} parameters" for summary in summaries],
    ]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _lines(told: Iterable[Difference]) -> str:
    return "\n".join(_wrapped(one.text) for one in told)


def _most(told: Iterable[Difference], lines: int) -> str:
    """Those that are in most places, in their order, on so many lines; the number of others."""
    listed = [(_wrapped(one.text), one.places) for one in told]
    chosen, left = set[int](), lines
    for number, (text, _) in sorted(enumerate(listed), key=lambda item: -item[1][1]):
        left -= text.count("\n") + 1
        if left < 0:
            break
        chosen.add(number)
    shown = [text for number, (text, _) in enumerate(listed) if number in chosen]
    more = len(listed) - len(chosen)
    others = f"and {_counted(more, 'difference')} in fewer places; --all tells of these too"
    return "\n".join([*shown, *([others] if more else [])])


def _wrapped(line: str) -> str:
    lines = wrap(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(lines)


# ---------------------------------------------------------------- layers


def _layer_differences(changes: Sequence[LayerChange]) -> Iterator[Difference]:
    """A line for all changes that are equal, or of the same options in layers of one kind."""
    groups: dict[object, list[LayerChange]] = {}
    for change in changes:
        groups.setdefault(_key(change), []).append(change)
    resized = [change for change in changes if change.action == "resized"]
    for group in groups.values():
        if group[0].action != "resized":
            yield Difference(f"{_subject(group)}{_told(group)}{_names(group)}", len(group))
    if resized:
        yield Difference(_resized_line(resized))


def _key(change: LayerChange) -> object:
    """What is equal for changes that are told together."""
    item = change.item
    where = change.action, item.block, item.kind
    if change.action == "changed":
        return *where, tuple(option.path for option in change.options)
    if change.action == "moved":
        return *where, *(item and item.kind for item in change.behind)
    old = change.old.signature if change.old else ""
    new = change.new.signature if change.new else ""
    return *where, old, new, *(item and item.kind for item in change.behind)


def _subject(group: Sequence[LayerChange]) -> str:
    """The layer's name; of several, how many there are, and of which kind."""
    item = group[0].item
    if len(group) == 1:
        return "" if group[0].action in ("added", "removed") else f"{item.name}: "
    inside = f" in {item.block}" if item.block else ""
    if group[0].action in ("added", "removed", "replaced"):
        return f"{len(group)} x{inside}: "
    return f"{len(group)} x {item.kind}{inside}: "


def _told(group: Sequence[LayerChange]) -> str:
    change = group[0]
    old, new = change.old, change.new
    before, after = (_place(item, is_single=len(group) == 1) for item in change.behind)
    if change.action == "changed":
        return "; ".join(_option(number, group) for number in range(len(change.options)))
    if change.action == "moved":
        return f"moves, {before} -> {after}"
    if change.action == "replaced" and old and new:
        return f"{_short(old)} -> {_short(new)}"
    if change.action == "removed" and old:
        return f"removed {_short(old)} {before}"
    return f"added {_short(change.item)} {after}"


def _place(behind: NetworkItem | None, *, is_single: bool) -> str:
    """Where an item stands: behind a layer, by whose kind it is called if there are several."""
    if behind is None:
        return "at the start"
    return f"behind {behind.name if is_single else behind.kind}"


def _option(number: int, group: Sequence[LayerChange]) -> str:
    """An option, and the values that it changes from and to."""
    options = [change.options[number] for change in group]
    counts = Counter(_arrow(option) for option in options)
    shown = [
        f"{values} ({count} times)" if 1 < count < len(group) else values
        for values, count in counts.most_common(_MAX_VALUES)
    ]
    more = len(counts) - len(shown)
    return f"{dotted(options[0].path)} {', '.join(shown)}{f' and {more} others' if more else ''}"


def _names(group: Sequence[LayerChange]) -> str:
    """The layers of a group, or its single layer's size; those added are named by their place."""
    if len(group) == 1:
        return _size_of(group[0])
    names = [change.item.name for change in group]
    if len(names) > _MAX_NAMES:
        return f" ({names[0]} to {names[-1]})"
    return f" ({', '.join(names)})"


def _size_of(change: LayerChange) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        shape, parameters = format_shape(change.item.shape), change.item.parameters
        return f"; output {shape}; parameters {parameters:,}"
    sizes = _sizes(old, new)
    return f"; {sizes}" if sizes else ""


def _sizes(old: NetworkItem, new: NetworkItem) -> str:
    """The output shapes and numbers of parameters that differ."""
    parts = []
    if old.shape != new.shape:
        parts.append(f"output {format_shape(old.shape)} -> {format_shape(new.shape)}")
    if old.parameters != new.parameters:
        parts.append(f"parameters {old.parameters:,} -> {new.parameters:,}")
    return "; ".join(parts)


def _resized_line(resized: Sequence[LayerChange]) -> str:
    """The layers of which only the sizes differ."""
    shown = [
        f"{change.new.name}: {_sizes(change.old, change.new)}"
        for change in resized[:2]
        if change.old and change.new
    ]
    more = len(resized) - len(shown)
    others = [f"and {_counted(more, 'layer')} more"] if more else []
    return f"same options, other sizes: {', '.join([*shown, *others])}"


def _short(item: NetworkItem) -> str:
    """A layer as a spec may write it; a group by its kind and the number of its layers."""
    if item.is_group:
        return f"{item.kind} of {_counted(item.contents.total(), 'layer')}"
    return cut(short_text(item.layer)) if item.layer else item.kind


# ---------------------------------------------------------------- values


def _value_differences(changes: Sequence[ValueChange]) -> Iterator[Difference]:
    """A line for each value; one for several of a map that change in the same way."""
    groups: dict[object, list[ValueChange]] = {}
    for change in changes:
        groups.setdefault((change.path[:-1], _arrow(change)), []).append(change)
    for group in groups.values():
        first, last = group[0].path, group[-1].path
        if len(group) > _MAX_NAMES:
            names = visible(f"{first[-1]} to {last[-1]}")
            text = f"{len(group)} x {dotted(first[:-1])}: {_arrow(group[0])} ({names})"
            yield Difference(text, len(group))
        else:
            yield from (Difference(f"{dotted(one.path)}: {_arrow(one)}") for one in group)


def _arrow(change: ValueChange) -> str:
    return f"{cut(short_text(change.old))} -> {cut(short_text(change.new))}"


def dotted(path: Path) -> str:
    """A path as overrides write it."""
    return visible(".".join(map(str, path)))
