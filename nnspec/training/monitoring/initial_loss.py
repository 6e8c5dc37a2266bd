"""The loss before any update, beside that of a network that knows nothing."""

from __future__ import annotations

from math import isfinite, log, prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.targets import are_numbers
from nnspec.data.rows import Rows
from nnspec.errors import Problem
from nnspec.graph.objectives import Objective, objectives
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.training.loop import EVALUATION_ROWS
from nnspec.training.session import TrainingSession

CODE = "initial-loss"
_FAR = {True: 2.0, False: 10.0}  # times the reference: of classes, and of numbers
_ENOUGH = 20  # rows whose mean loss is no accident
_CROSSENTROPIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")


class InitialLoss(NamedTuple):
    """The loss of the first training rows, and that of predictions without knowledge, if known.

    `reference` is ln K for one of K classes, ln 2 for each yes or no, and for a squared error that
    of predicting the mean of the targets.
    """

    loss: float
    reference: float | None = None
    meaning: str = ""  # of the reference, such as `ln 10`
    of_classes: bool = False

    @property
    def is_far_off(self) -> bool:
        """Whether the loss is several times the reference."""
        known = self.reference is not None and self.reference > 0 and isfinite(self.loss)
        return known and self.loss > _FAR[self.of_classes] * (self.reference or 0.0)


def initial_loss(session: TrainingSession) -> InitialLoss:
    """Evaluate one batch with the weights as they are."""
    rows = session.splits.train.take(np.arange(min(EVALUATION_ROWS, session.splits.train.rows)))
    program = session.program
    with np.errstate(all="ignore"):
        metrics = program.evaluate(
            program.upload(rows.inputs, rows.targets), [np.arange(rows.rows)]
        )
    loss = float(metrics.means["loss"])
    given = objectives(session.spec, session.graph)
    if len(given) != 1:
        return InitialLoss(loss)
    (objective,) = given
    return InitialLoss(loss, *_reference(session, objective, rows))


def initial_loss_advice(session: TrainingSession, found: InitialLoss) -> list[Problem]:
    """Advice where training starts far above the reference."""
    steps = isinstance(session.spec.optimizer, Optimizer)  # a closed form makes none
    told = steps and CODE not in session.spec.silence and session.splits.train.rows >= _ENOUGH
    if not told or not found.is_far_off:
        return []
    (objective,) = objectives(session.spec, session.graph)
    message = f"the loss starts at {found.loss:.4g}, and {found.meaning} is {found.reference:.4g}"
    where = session.spec.locate(*objective.path)
    return [Problem(message, where, REASONS[CODE], CODE, ADVICE)]


def _reference(
    session: TrainingSession, objective: Objective, rows: Rows
) -> tuple[float | None, str, bool]:
    """The loss without knowledge times its weight, what it is, and whether it is of classes."""
    loss, weight = objective.loss, objective.weight
    if loss.kind in _CROSSENTROPIES:
        classes = session.graph.specs[session.graph.outputs[objective.output]].shape[-1]
        return weight * log(classes), f"ln {classes}, of a guess,", True
    if loss.kind == "binary_crossentropy":
        return weight * log(2), "ln 2, of a guess,", True
    if loss.squared_error is not None and are_numbers(loss.targets):
        targets = named(rows.targets, [objective.output])[objective.output]
        value = weight * loss.squared_error * _variance(targets)
        return value, "that of predicting the mean of the targets", False
    return None, "", False


def _variance(targets: Array) -> float:
    """The mean variance of each number of a row."""
    columns = targets.reshape(len(targets), prod(targets.shape[1:])).astype(np.float64)
    return float(columns.var(axis=0).mean())
