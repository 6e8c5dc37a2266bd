"""`when`: the one or the other list of layers, by a test."""

from __future__ import annotations

from nnspec.errors import Problem
from nnspec.language.interpolation import Interpolator
from nnspec.language.located import LocatedMap
from nnspec.language.names import INVALID, NameScope
from nnspec.options.messages import describe_value, number_hint
from nnspec.spec.blocks import missing_options, unknown_options
from nnspec.spec.layer_lists import WrittenLayer, layers_problems

OPTIONS = ("test", "layers", "else")
_REQUIRED = ("test", "layers")


def read_test(
    written: WrittenLayer, interpolator: Interpolator, depth: int, scope: NameScope
) -> bool | None:
    """Evaluate the test of a `when`; None, with what is wrong noted, where it is wrong."""
    problems = _problems(written)
    interpolator.problems += problems
    if problems:
        return None
    options: LocatedMap = written.options
    place = scope.at(options.places["test"])
    test = interpolator.value(options["test"], place, depth, scope)
    if isinstance(test, bool):
        return test
    if test is not INVALID:
        message = f"when: test must be true or false, not {describe_value(test)}"
        interpolator.problems.append(Problem(message, place, number_hint(test, "true or false")))
    return None


def _problems(written: WrittenLayer) -> list[Problem]:
    options, place = written.options, written.options_place
    if not isinstance(options, LocatedMap):
        message = f"when must be a map, not {describe_value(options)}"
        return [Problem(message, place, 'write {test: "${...}", layers: [...]}')]
    problems = unknown_options("when", options, OPTIONS)
    problems += layers_problems("when", options, ("layers", "else"))
    return problems + missing_options("when", options, _REQUIRED, written.place)
