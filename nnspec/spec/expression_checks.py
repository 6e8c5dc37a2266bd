"""Checks of expressions that are not evaluated: their form, and the names in them."""

from __future__ import annotations

from typing import Any

from nnspec.errors import SourceSpan
from nnspec.language.interpolation import Interpolator
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.names import LocalNames, Names
from nnspec.spec.blocks import Block, is_name


class ExpressionChecker:
    """Notes what is wrong with expressions in blocks, and in branches that are not taken."""

    def __init__(self, interpolator: Interpolator) -> None:
        self.interpolator = interpolator
        self.checked: set[tuple[int, frozenset[str]]] = set()

    def block(self, block: Block) -> Block:
        """The block, marked as wrong where an expression in it is."""
        before = len(self.interpolator.problems)
        values = LocatedMap(block.place)
        values.update(dict.fromkeys(block.parameters))
        names = LocalNames(values, self.interpolator.variables, block.name)
        self._value(block.layers, block.place, names)
        is_wrong = len(self.interpolator.problems) > before
        return block._replace(is_wrong=True) if is_wrong else block

    def check_once(self, value: Any, place: SourceSpan, names: Names) -> None:
        """Check a value that is met again at each use of what it stands in."""
        key = id(value), names.local()
        if key not in self.checked:
            self.checked.add(key)
            self._value(value, place, names)

    def _value(self, value: Any, place: SourceSpan, names: Names) -> None:
        if isinstance(value, str) and "${" in value:
            self.interpolator.verify(value, place, names)
        elif isinstance(value, LocatedMap):
            for key, item in value.items():
                inner = names_in_repeat(item, names) if key == "repeat" else names
                self._value(item, value.places[key], inner)
        elif isinstance(value, LocatedList):
            for item, item_place in zip(value, value.places, strict=True):
                self._value(item, item_place, names)


def names_in_repeat(options: Any, outer: Names) -> Names:
    """The names that are visible in the layers of a `repeat` that is not evaluated."""
    if not isinstance(options, LocatedMap) or not is_name(options.get("as")):
        return outer
    values = LocatedMap(options.place)
    values[options["as"]] = None
    return LocalNames(values, outer, "repeat")
