"""Checks of the behaviour that a spec expects against its graph: outputs, classes, inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import NamedTuple

from nnspec.components.behaviour.base import Behaviour, OutputBehaviour
from nnspec.components.behaviour.invariance import Invariance
from nnspec.components.behaviour.monotonicity import Monotonicity
from nnspec.components.behaviour.trainings import OverfitsOneBatch
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.errors import Problem, ShapeError, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.graph.class_weights import class_names
from nnspec.graph.ir import Graph, Path
from nnspec.graph.objectives import Objective
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec

Locate = Callable[..., SourceSpan | None]  # the path of an option -> where it is written


class LocatedBehaviour(NamedTuple):
    """A behaviour that a spec expects, and its path in the spec."""

    behaviour: Behaviour
    path: Path

    def locate(self, spec: Spec) -> Locate:
        """Where its options are written."""
        return partial(spec.locate, *self.path, self.behaviour.kind)


def located_behaviour(spec: Spec) -> list[LocatedBehaviour]:
    """What a spec expects besides figures, each with its path."""
    written = spec.expect.behaviour if spec.expect else ()
    return [LocatedBehaviour(one, ("expect", "behaviour", i)) for i, one in enumerate(written)]


def check_behaviour(spec: Spec, graph: Graph, objectives: Sequence[Objective]) -> None:
    """Raise SpecError where a behaviour is of no output, class or input of the network."""
    problems = [
        problem
        for one in located_behaviour(spec)
        for problem in _problems(one.behaviour, one.locate(spec), spec, graph, objectives)
    ]
    if problems:
        raise SpecError(problems)


def output_of(behaviour: OutputBehaviour, graph: Graph) -> str:
    """The name of the output that a behaviour is of."""
    return behaviour.output or next(iter(graph.outputs))


def _problems(
    behaviour: Behaviour, locate: Locate, spec: Spec, graph: Graph, objectives: Sequence[Objective]
) -> Iterator[Problem]:
    if behaviour.trains and isinstance(spec.optimizer, LeastSquares):
        message = f"{behaviour.kind} trains update by update, and least_squares solves at once"
        yield Problem(message, locate(), "take it out, or choose another optimizer")
    if isinstance(behaviour, OverfitsOneBatch):
        yield from _loss_problems(locate, objectives)
    if not isinstance(behaviour, OutputBehaviour):
        return
    problems = [*_output_problems(behaviour, locate, graph)]
    yield from problems
    if not problems:
        if behaviour.takes_classes:
            yield from _class_problems(behaviour, locate, graph, objectives)
        if isinstance(behaviour, Monotonicity):
            yield from _unit_problems(behaviour, locate, graph)
    if isinstance(behaviour, Invariance) and behaviour.augment:
        yield from _augment_problems(behaviour, locate, graph)


def _loss_problems(locate: Locate, objectives: Sequence[Objective]) -> Iterator[Problem]:
    """A loss that may be negative, so that no share of it is small."""
    for objective in objectives:
        if objective.loss.result_range[0] < 0:
            message = (
                f"overfits_one_batch needs a loss from 0 on, and {objective.loss.kind} is none"
            )
            yield Problem(message, locate())


def _output_problems(behaviour: OutputBehaviour, locate: Locate, graph: Graph) -> Iterator[Problem]:
    """An output that the network does not have, or none of several."""
    names = list(graph.outputs)
    if behaviour.output is None and len(names) > 1:
        hint = f"write output: {names[0]}"
        message = f"{behaviour.kind}: the network has {len(names)} outputs; say which"
        yield Problem(message, locate(), hint)
    elif behaviour.output is not None and behaviour.output not in names:
        message = f"the network has no output {quoted(behaviour.output)}"
        yield Problem(message, locate("output"), did_you_mean(behaviour.output, names))


def _class_problems(
    behaviour: OutputBehaviour, locate: Locate, graph: Graph, objectives: Sequence[Objective]
) -> Iterator[Problem]:
    """An output whose rows have no class."""
    output = output_of(behaviour, graph)
    objective = next((one for one in objectives if one.output == output), None)
    if objective is None or not class_names(graph, objective):
        loss = objective.loss.kind if objective else "an output without a loss"
        hint = "it is for classifiers, such as those with categorical_crossentropy"
        message = f"{behaviour.kind} needs rows of one class each, and {loss} has none"
        yield Problem(message, locate(), hint)


def _unit_problems(behaviour: Monotonicity, locate: Locate, graph: Graph) -> Iterator[Problem]:
    """A number of the output that there is not, or none of several."""
    units, unit = (
        prod(graph.specs[graph.outputs[output_of(behaviour, graph)]].shape),
        behaviour.unit,
    )
    if unit is None and units > 1:
        message = f"monotonicity is of one number, and the output has {units}"
        yield Problem(message, locate(), "write unit: 0 for the first of them")
    elif unit is not None and unit >= units:
        message = f"the output has {units} numbers, the last of them {units - 1}"
        yield Problem(message, locate("unit"))


def _augment_problems(behaviour: Invariance, locate: Locate, graph: Graph) -> Iterator[Problem]:
    """An input that the network does not have, and steps that it cannot take."""
    names = list(graph.inputs)
    if behaviour.input is None and len(names) > 1:
        hint = f"write input: {names[0]}"
        yield Problem("the network has several inputs; say which is augmented", locate(), hint)
    elif behaviour.input is not None and behaviour.input not in names and len(names) > 1:
        message = f"there is no input {quoted(behaviour.input)}"
        yield Problem(message, locate("input"), did_you_mean(behaviour.input, names))
    else:
        name = behaviour.input if behaviour.input in names else names[0]
        yield from _step_problems(behaviour, locate, graph.inputs[name])


def _step_problems(behaviour: Invariance, locate: Locate, x: TensorSpec) -> Iterator[Problem]:
    for number, step in enumerate(behaviour.augment):
        try:
            after = step.apply(x)
        except ShapeError as error:
            yield Problem(error.message, locate("augment", number), error.hint, "shape")
            return
        if step.mixes_targets or after.shape != x.shape:
            what = "mixes the targets of rows" if step.mixes_targets else "changes the shape"
            message = f"{step.kind} {what}, so there is nothing to compare with"
            yield Problem(message, locate("augment", number))
            return
