"""Checks of expected behaviour, and of expected weights, against the data, before training."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.behaviour.base import Behaviour
from nnspec.errors import NnspecError, Problem, SpecError
from nnspec.graph.behaviour import located_behaviour
from nnspec.training.behaviour.trained_model import BEHAVIOUR, BehaviourData


def check_behaviour_data(data: BehaviourData) -> None:
    """Raise SpecError, at the option, where the data lack what a behaviour is tested with."""
    problems = [
        problem
        for behaviour, path in located_behaviour(data.spec)
        for problem in _problems(behaviour, path, data)
    ]
    if problems:
        raise SpecError(problems)


def _problems(
    behaviour: Behaviour, path: tuple[str | int, ...], data: BehaviourData
) -> Iterator[Problem]:
    locate = data.spec.locate
    if behaviour.needs_test and not (data.raw.test and data.raw.test.rows):
        message = f"{behaviour.kind} needs test rows, and the data have none"
        yield Problem(message, locate(*path), "write data: {split: {test: 0.2}}")
        return
    try:
        rule = BEHAVIOUR[behaviour]
        rule.check(behaviour, data, lambda *option: locate(*path, behaviour.kind, *option))
    except NnspecError as error:
        yield from (problem.at(locate(*path)) for problem in error.problems)
