"""`repeat`: layers several times over, for a number of times or for each item of a list."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.errors import Problem, SourceSpan
from nnspec.language.interpolation import Interpolator
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.names import INVALID, LocalNames, Names, NameScope
from nnspec.language.operations import describe
from nnspec.options.messages import describe_value, number_hint
from nnspec.spec.blocks import is_name, missing_options, unknown_options
from nnspec.spec.layer_lists import GROUP_OPTIONS, WrittenLayer, layers_problems

MAX_TIMES = 10_000
OPTIONS = ("times", "each", "as", "layers", *GROUP_OPTIONS)


class Repeat(NamedTuple):
    """An evaluated `repeat`: the items that its name takes in turn, and the layers as written."""

    name: str | None
    items: LocatedList
    layers: Any
    layers_place: SourceSpan
    given: LocatedMap  # the name and the inputs of the group

    def names(self, number: int, outer: Names) -> Names:
        """The names that are visible in an iteration."""
        if self.name is None:
            return outer
        values, place = LocatedMap(self.layers_place), self.items.places[number]
        values.put(self.name, self.items[number], place, place)
        return LocalNames(values, outer, "repeat")

    def role(self, number: int) -> str:
        """Which time it is, for messages."""
        item = self.items[number]
        if self.name is None or isinstance(item, LocatedMap | LocatedList):
            return f"in repeat, time {number + 1} of {len(self.items)}"
        return f"in repeat, {self.name} = {describe(item)}"


def read_repeat(
    written: WrittenLayer, interpolator: Interpolator, depth: int, scope: NameScope
) -> Repeat | None:
    """Evaluate the options of a `repeat`; None, with what is wrong noted, where they are wrong."""
    problems = _problems(written)
    interpolator.problems += problems
    if problems:
        return None
    options: LocatedMap = written.options
    given = LocatedMap(scope.at(options.place))
    for key in ("times", "each", *GROUP_OPTIONS):
        if key in options:
            place = scope.at(options.places[key])
            made = interpolator.value(options[key], place, depth, scope)
            given.put(key, made, scope.at(options.key_places[key]), place)
    items = _items(given, interpolator)
    if items is None:
        return None
    layers_place = scope.at(options.places["layers"])
    return Repeat(options.get("as"), items, options["layers"], layers_place, given)


def _problems(written: WrittenLayer) -> list[Problem]:
    options, place = written.options, written.options_place
    if not isinstance(options, LocatedMap):
        message = f"repeat must be a map, not {describe_value(options)}"
        return [Problem(message, place, "write {times: 3, layers: [...]}")]
    problems = unknown_options("repeat", options, OPTIONS)
    problems += layers_problems("repeat", options, ("layers",))
    if ("times" in options) == ("each" in options):
        problems.append(Problem("repeat needs one of times and each", written.place))
    problems += missing_options("repeat", options, ("layers",), written.place)
    if "as" in options and not is_name(options["as"]):
        message = f"repeat: as must be a name, not {describe_value(options['as'])}"
        problems.append(Problem(message, options.places["as"], "letters, digits and _"))
    return problems


def _items(given: LocatedMap, interpolator: Interpolator) -> LocatedList | None:
    """The items to take in turn; None, with what is wrong noted, where there are none."""
    key = "times" if "times" in given else "each"
    value, place = given[key], given.places[key]
    if key == "each" and isinstance(value, LocatedList):
        return value
    if key == "times" and type(value) is int and 0 <= value <= MAX_TIMES:
        return LocatedList.of(place, range(value), [place] * value)
    if value is not INVALID:
        expected = "a list" if key == "each" else f"a whole number from 0 to {MAX_TIMES:,}"
        message = f"repeat: {key} must be {expected}, not {describe_value(value)}"
        interpolator.problems.append(Problem(message, place, number_hint(value, expected)))
    return None
