"""What follows the metrics of a run, resolved for a spec: a schedule, and training options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Schedule
from nnspec.errors import Problem, SpecError, quoted
from nnspec.graph.objectives import Objective, lower_is_better
from nnspec.options.messages import LocatedError
from nnspec.spec.document import Spec
from nnspec.spec.train_options import TrainOptions
from nnspec.spec.validation_split import has_validation

if TYPE_CHECKING:  # few specs have it
    from nnspec.components.callbacks.base import Callback
    from nnspec.spec.early_stopping import EarlyStopping

_OWN_COLUMNS = "epoch", "seconds"  # of history.csv


def bound_optimizer(
    spec: Spec, optimizer: Optimizer, objectives: tuple[Objective, ...]
) -> Optimizer:
    """The optimizer with its schedule resolved for the metrics that each epoch of a run has.

    Raises SpecError, at the schedule's option, where it does not fit them.
    """
    schedule = optimizer.learning_rate
    if not isinstance(schedule, Schedule):
        return optimizer
    with _located(spec, "optimizer", optimizer.kind, "learning_rate", schedule.kind):
        bound = schedule.bind(_epoch_metrics(spec, objectives))
    return optimizer if bound is schedule else optimizer.replace(learning_rate=bound)


def bound_training(spec: Spec, objectives: tuple[Objective, ...]) -> TrainOptions:
    """The training options with what they monitor resolved for the metrics of each epoch.

    Raises SpecError, at its option, where it does not fit them, or nothing is validated that often.
    """
    train, checkpoint = spec.train, spec.train.checkpoint
    if train.validation_freq != 1 and not has_validation(spec):
        where, hint = spec.locate("train", "validation_freq"), "add validation_split: 0.2"
        raise SpecError(Problem("validation_freq needs validation rows", where, hint))
    if train.early_stopping is not None:
        train = train.replace(
            early_stopping=_bound_stopping(spec, train.early_stopping, objectives)
        )
    if checkpoint is not None:
        with _located(spec, "train", "checkpoint"):
            bound = checkpoint.bind(_epoch_metrics(spec, objectives))
        train = train if bound is checkpoint else train.replace(checkpoint=bound)
    if train.callbacks:
        train = train.replace(callbacks=_bound_callbacks(spec, train.callbacks, objectives))
    return train


def _bound_callbacks(
    spec: Spec, callbacks: tuple[Callback, ...], objectives: tuple[Objective, ...]
) -> tuple[Callback, ...]:
    """The callbacks resolved for the metrics of each epoch; each column belongs to one."""
    known = {*_measured_metrics(spec, objectives), *_OWN_COLUMNS}
    bound = []
    for index, callback in enumerate(callbacks):
        with _located(spec, "train", "callbacks", index, callback.kind):
            for column in callback.columns():
                if column in known:
                    raise LocatedError(f"history.csv has another column {quoted(column)}")
                known.add(column)
            bound.append(callback.bind(_epoch_metrics(spec, objectives)))
    return tuple(bound)


def _bound_stopping(
    spec: Spec, stopping: EarlyStopping, objectives: tuple[Objective, ...]
) -> EarlyStopping:
    with _located(spec, "train", "early_stopping"):
        if stopping.restore_best and getattr(spec.optimizer, "use_ema", False):
            message = "with use_ema the weights at the end are the averages, not those of an epoch"
            raise LocatedError(message, "restore_best")
        return stopping.bind(_epoch_metrics(spec, objectives))


def check_monitors(spec: Spec, objectives: tuple[Objective, ...]) -> None:
    """Raise SpecError where what a spec monitors is not among the metrics of its run."""
    if isinstance(spec.optimizer, Optimizer) and objectives:
        bound_optimizer(spec, spec.optimizer, objectives)
        bound_training(spec, objectives)


@contextmanager
def _located(spec: Spec, *path: str | int) -> Iterator[None]:
    """Context that gives an error of an option its place."""
    try:
        yield
    except LocatedError as error:
        raise SpecError(Problem(str(error), spec.locate(*path, *error.path))) from None


def _epoch_metrics(spec: Spec, objectives: tuple[Objective, ...]) -> dict[str, bool]:
    """The columns of an epoch in history.csv, each with whether lower is better."""
    columns = _measured_metrics(spec, objectives)
    for callback in spec.train.callbacks or ():
        columns |= callback.columns()
    return columns


def _measured_metrics(spec: Spec, objectives: tuple[Objective, ...]) -> dict[str, bool]:
    """The metrics of training and validation rows by name, each with whether lower is better."""
    training = lower_is_better(objectives)
    if not has_validation(spec):
        return training
    return training | {f"val_{name}": lower for name, lower in training.items()}
