"""Names of layers: as given in the spec, or generated from the kind as in Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.components.layers.base import LayerItem
from nnspec.errors import Problem, SpecError, quoted
from nnspec.graph.ir import Path
from nnspec.options.types import MAX_NAME
from nnspec.spec.document import Spec


class LocatedItem(NamedTuple):
    """An item of a list of layers, and its path in the spec."""

    item: LayerItem
    path: Path


def item_names(spec: Spec, items: Sequence[LocatedItem], taken: Container[str] = ()) -> list[str]:
    """The name of each item: the given one, or `dense`, `dense_1`, `dense_2`, as in Keras."""
    first: dict[str, int] = {}  # given name -> first item with it
    for index, (item, _) in enumerate(items):
        if item.name is not None:
            first.setdefault(item.name, index)
    problems = list(_name_problems(spec, items, first, taken))
    if problems:
        raise SpecError(problems)
    counts: Counter[str] = Counter()
    return [
        item.name or _generate_name(item.default_name, counts, first, taken) for item, _ in items
    ]


def _generate_name(
    stem: str, counts: Counter[str], given: Container[str], taken: Container[str]
) -> str:
    """The next name that is not given to another item."""
    while True:
        name = f"{stem}_{counts[stem]}" if counts[stem] else stem
        counts[stem] += 1
        if name not in given and name not in taken:
            return name


def _name_problems(
    spec: Spec, items: Sequence[LocatedItem], first: Mapping[str, int], taken: Container[str]
) -> Iterator[Problem]:
    """Problems of given names that are invalid or taken."""
    for index, (item, path) in enumerate(items):
        name = item.name
        if name is None:
            continue
        where = spec.locate(*path, item.kind, "name")
        if not _is_valid(name, item):
            yield Problem(f"{quoted(name)} is no layer name", where, "use letters, digits, - and _")
        elif first[name] != index or name in taken:
            yield Problem(f"{quoted(name)} is taken", where, "each name once")


def _is_valid(name: str, item: LayerItem) -> bool:
    """Whether a name is an identifier with dashes; the turns of a `repeat` are numbered."""
    is_turn = item.kind == "sequential" and name.isascii() and name.isdigit()
    is_identifier = name.replace("-", "_").isidentifier() and len(name) <= MAX_NAME
    return is_identifier or is_turn
