"""Which outputs `class_weight` and `oversample` of a spec speak of, and the classes of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.components.preprocessing.categories import OneHotTransform, OrdinalTransform
from nnspec.components.targets import are_numbers
from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.graph.ir import Graph, Path
from nnspec.graph.objectives import Objective
from nnspec.spec.class_weight import OutputWeight, is_by_output
from nnspec.spec.data_steps import step_lists
from nnspec.spec.document import Spec

CLASS_WEIGHT: Path = ("train", "class_weight")
OVERSAMPLE: Path = ("train", "oversample")
_UNNAMED = {
    CLASS_WEIGHT: "say whose classes have weights; write class_weight: {{{0}: balanced}}",
    OVERSAMPLE: "say by whose classes rows are drawn; write oversample: {0}",
}


class LocatedClassWeight(NamedTuple):
    """The class weight of an output, as it is written, and its path in the spec."""

    weight: OutputWeight
    path: Path


def class_weights(spec: Spec, objectives: Sequence[Objective]) -> dict[str, LocatedClassWeight]:
    """The class weight of each output that has one; that of the only output needs no name."""
    written = spec.train.class_weight
    if written is None:
        return {}
    if isinstance(written, Mapping) and is_by_output(written):
        outputs = [one.output for one in objectives if one.output in written]
        return {name: LocatedClassWeight(written[name], (*CLASS_WEIGHT, name)) for name in outputs}
    return {one.output: LocatedClassWeight(written, CLASS_WEIGHT) for one in objectives[:1]}  # type: ignore[arg-type]


def oversampled_output(spec: Spec, objectives: Sequence[Objective]) -> Objective | None:
    """The objective by whose classes rows are drawn again; None where each row is drawn once."""
    chosen = spec.train.oversample
    if not chosen:
        return None
    return next((one for one in objectives if chosen in (True, one.output)), None)


def class_names(graph: Graph, objective: Objective) -> tuple[str, ...]:
    """The classes of an output, of which each row has one; empty where rows have no class.

    They are the numbers 0, 1, ... of the units of a softmax, or 0 and 1 of a single sigmoid; what
    they are called where the data have categories, only these tell.
    """
    shape, targets = graph.specs[graph.outputs[objective.output]].shape, objective.loss.targets
    units = shape[-1] if shape else 1
    if are_numbers(targets) or len(shape) > 1:
        return ()
    if targets in ("probabilities", "signs"):
        return ("0", "1") if units == 1 else ()
    return tuple(map(str, range(units)))


def check_class_weights(spec: Spec, graph: Graph, objectives: Sequence[Objective]) -> None:
    """Raise SpecError where `class_weight` or `oversample` names no output with such classes."""
    outputs = [*_outputs(spec)] if objectives else []
    problems = [p for path in outputs for p in _output_problems(spec, graph, objectives, path)]
    problems = problems or [*_unknown_classes(spec, graph, objectives)]
    if problems:
        raise SpecError(problems)


def _outputs(spec: Spec) -> Iterator[tuple[Path, str | None]]:
    """The path of each option that speaks of an output, and the output's name if it has one."""
    weight, oversample = spec.train.class_weight, spec.train.oversample
    if isinstance(weight, Mapping) and is_by_output(weight):
        yield from ((CLASS_WEIGHT, name) for name in weight)
    elif weight is not None:
        yield CLASS_WEIGHT, None
    if oversample:
        yield OVERSAMPLE, None if oversample is True else oversample


def _output_problems(
    spec: Spec, graph: Graph, objectives: Sequence[Objective], option: tuple[Path, str | None]
) -> Iterator[Problem]:
    """A problem where an option names no output with a loss, or one without classes."""
    path, name = option
    by_name = {one.output: one for one in objectives}
    place = spec.locate_key(*path, name) if name and path == CLASS_WEIGHT else spec.locate(*path)
    if name is None and len(by_name) > 1:
        hint = _UNNAMED[path].format(next(iter(by_name)))
        yield Problem(f"the network has {len(by_name)} outputs with a loss", place, hint)
    elif name is not None and name not in by_name:
        message = f"the network has no output {quoted(name)} with a loss"
        yield Problem(message, place, did_you_mean(name, list(by_name)))
    else:
        objective = by_name[name] if name else objectives[0]
        if not class_names(graph, objective):
            message = f"{path[-1]} needs rows of one class each, and {_lack(graph, objective)}"
            yield Problem(message, place, "sample_weight weights rows whatever the loss")


def _lack(graph: Graph, objective: Objective) -> str:
    """Why the rows of an output have no class."""
    kind, shape = objective.loss.kind, graph.specs[graph.outputs[objective.output]].shape
    if are_numbers(objective.loss.targets):
        return f"{kind} has no classes"
    return f"a row has {'several' if len(shape) > 1 else shape[-1]} of {kind}"


def _unknown_classes(
    spec: Spec, graph: Graph, objectives: Sequence[Objective]
) -> Iterator[Problem]:
    """The classes with a weight that an output does not have."""
    weights = class_weights(spec, objectives)
    for objective in objectives:
        written = weights.get(objective.output)
        if written is not None and not _has_categories(spec, objective.output):
            yield from unknown_classes(spec, written, class_names(graph, objective))


def unknown_classes(
    spec: Spec, written: LocatedClassWeight, known: Sequence[str]
) -> Iterator[Problem]:
    """A problem for each class with a weight that is none of the known ones."""
    numbered = known == tuple(map(str, range(len(known))))
    for name in () if isinstance(written.weight, str) else written.weight:
        if name not in known:
            numbers = f"classes are numbered 0 to {len(known) - 1}"
            hint = numbers if numbered else did_you_mean(name, list(known))
            place = spec.locate_key(*written.path, name)
            yield Problem(f"there is no class {quoted(name)}", place, hint)


def _has_categories(spec: Spec, output: str) -> bool:
    """Whether a step finds the classes of an output's target in the data, so that they have names.

    An output without steps of its own is the only one.
    """
    lists = step_lists(spec.data.targets, ()) if spec.data else {}
    own = lists.get(output) or next(iter(lists.values()), ())
    return any(
        isinstance(step, OrdinalTransform)
        or (isinstance(step, OneHotTransform) and step.classes is None)
        for one in own
        for step in one.steps
    )
