"""The augmentation steps of a spec: their inputs, the shapes after them, and what they need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from nnspec.components.augmentation.base import Augmentation
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.graph.infer import with_location
from nnspec.graph.ir import Path, Side
from nnspec.graph.objectives import Objective
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec


def input_augmentation(
    spec: Spec, names: Collection[str]
) -> Iterator[tuple[str, Path, tuple[Augmentation, ...]]]:
    """Each input, the path of its steps, and these; those of an only input may have any name."""
    steps = spec.data.augment if spec.data else ()
    for name in names:
        if isinstance(steps, Mapping):
            key = next(iter(steps), name) if len(names) == 1 else name
            yield name, ("data", "augment", key), steps.get(key, ())
        else:
            yield name, ("data", "augment"), steps


def augments(spec: Spec) -> bool:
    """Whether training rows are augmented."""
    return any(True for _ in augmentation_steps(spec))


def augmented_specs(spec: Spec, inputs: Side, dtypes: Mapping[str, str]) -> Side:
    """The TensorSpec of each prepared input after its steps; None stays None.

    The types are those that the network takes. Raises SpecError, at the step, where one cannot
    be applied, and where steps name no input.
    """
    _check_names(spec, [name for name in inputs if name] or list(dtypes))
    first = next(iter(dtypes.values()))
    return {
        name: _augmented(spec, path, steps, inputs[name], dtypes.get(name, first))
        for name, path, steps in input_augmentation(spec, inputs)
    }


def _augmented(
    spec: Spec, path: Path, steps: tuple[Augmentation, ...], x: TensorSpec | None, dtype: str
) -> TensorSpec | None:
    if x is None:
        return None
    shown = x._replace(dtype=dtype)
    for index, step in enumerate(steps):
        shown = with_location(spec, (*path, index), step.apply, shown)
    return x._replace(shape=shown.shape)


def _check_names(spec: Spec, known: list[str]) -> None:
    """Raise SpecError where steps name no input, or do not say which of several is theirs."""
    steps = spec.data.augment if spec.data else ()
    if isinstance(steps, Mapping):
        problems = [
            Problem(
                f"there is no input {quoted(name)}",
                spec.locate_key("data", "augment", name),
                did_you_mean(name, known) if any(known) else "it has no name: write augment: [...]",
            )
            for name in steps
            if name not in known
        ]
        if problems:
            raise SpecError(problems)
    elif steps and len(known) > 1:
        message = f"there are several inputs ({', '.join(known)}); say which steps each has"
        hint = f"write augment: {{{known[0]}: [...]}}"
        raise SpecError(Problem(message, spec.locate("data", "augment"), hint))


def check_augmentation(spec: Spec, targets: tuple[Objective, ...]) -> None:
    """Raise SpecError where the optimizer or a loss takes no augmented rows."""
    steps = list(augmentation_steps(spec))
    if steps and isinstance(spec.optimizer, LeastSquares):
        message = "least_squares solves for the rows as they are, none of them augmented"
        raise SpecError(Problem(message, spec.locate("data", "augment"), "take augment out"))
    for path, step in steps:
        if step.mixes_targets:
            _check_mixing(spec, path, step, targets)


def augmentation_steps(spec: Spec) -> Iterator[tuple[Path, Augmentation]]:
    """Each step of all inputs, with its path."""
    steps = spec.data.augment if spec.data else ()
    named = steps.items() if isinstance(steps, Mapping) else [("", steps)]
    for name, own in named:
        path = ("data", "augment", name) if name else ("data", "augment")
        yield from (((*path, index), step) for index, step in enumerate(own))


_UNMIXABLE = {
    "class_numbers": (
        "class numbers", "prepare them with one_hot, and take categorical_crossentropy"
    ),
    "signs": ("signs", "take binary_crossentropy"),
}  # fmt: skip


def _check_mixing(
    spec: Spec, path: Path, step: Augmentation, targets: tuple[Objective, ...]
) -> None:
    """Raise SpecError where a step that mixes rows has several inputs, or class numbers."""
    if len(spec.network.inputs or ()) > 1:
        message = f"{step.kind} mixes whole rows, which have several inputs"
        raise SpecError(Problem(message, spec.locate(*path), "it needs a network with one input"))
    for objective in targets:
        if objective.loss.targets in _UNMIXABLE:
            takes, hint = _UNMIXABLE[objective.loss.targets]
            message = f"{step.kind} mixes targets, and {objective.loss.kind} takes {takes}"
            raise SpecError(Problem(message, spec.locate(*path), hint))
