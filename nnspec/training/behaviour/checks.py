"""Checks of expected behaviour, and of expected weights, against the data, before training."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.behaviour.base import Behaviour
from nnspec.errors import NnspecError, Problem, SpecError
from nnspec.graph.behaviour import located_behaviour
from nnspec.training.behaviour.trained_model import BEHAVIOUR, TrainedModel


def check_behaviour_data(model: TrainedModel) -> None:
    """Raise SpecError, at the option, where the data lack what a behaviour is tested with."""
    problems = [
        problem
        for behaviour, path in located_behaviour(model.spec)
        for problem in _problems(behaviour, path, model)
    ]
    if problems:
        raise SpecError(problems)


def _problems(
    behaviour: Behaviour, path: tuple[str | int, ...], model: TrainedModel
) -> Iterator[Problem]:
    locate = model.spec.locate
    if behaviour.needs_test and not (model.raw.test and model.raw.test.rows):
        message = f"{behaviour.kind} needs test rows, and the data have none"
        yield Problem(message, locate(*path), "write data: {split: {test: 0.2}}")
        return
    try:
        rule = BEHAVIOUR[behaviour]
        rule.check(behaviour, model, lambda *option: locate(*path, behaviour.kind, *option))
    except NnspecError as error:
        yield from (problem.at(locate(*path)) for problem in error.problems)
