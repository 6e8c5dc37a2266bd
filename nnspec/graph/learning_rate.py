"""Learning-rate schedules that depend on the metrics of a run, resolved for a spec."""

from __future__ import annotations

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Schedule
from nnspec.errors import Problem, SpecError
from nnspec.graph.objectives import Objective, lower_is_better
from nnspec.options.messages import LocatedError
from nnspec.spec.document import Spec
from nnspec.spec.validation_split import has_validation


def bound_optimizer(
    spec: Spec, optimizer: Optimizer, objectives: tuple[Objective, ...]
) -> Optimizer:
    """The optimizer with its schedule resolved for the metrics that each epoch of a run has.

    Raises SpecError, at the schedule's option, where it does not fit them.
    """
    schedule = optimizer.learning_rate
    if not isinstance(schedule, Schedule):
        return optimizer
    try:
        bound = schedule.bind(_epoch_metrics(spec, objectives))
    except LocatedError as error:
        path = "optimizer", optimizer.kind, "learning_rate", schedule.kind, *error.path
        raise SpecError(Problem(str(error), spec.locate(*path))) from None
    return optimizer if bound is schedule else optimizer.replace(learning_rate=bound)


def check_schedule(spec: Spec, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError where the schedule of a spec does not fit the metrics of its run."""
    if isinstance(spec.optimizer, Optimizer) and objectives:
        bound_optimizer(spec, spec.optimizer, objectives)


def _epoch_metrics(spec: Spec, objectives: tuple[Objective, ...]) -> dict[str, bool]:
    """The names of the metrics of an epoch, each with whether lower is better."""
    training = lower_is_better(objectives)
    if not has_validation(spec):
        return training
    return training | {f"val_{name}": lower for name, lower in training.items()}
