"""Cross-validation of a spec: train on all folds but one, evaluate on the one held out."""

from __future__ import annotations

import math

from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.splitting.method import Fold
from nnspec.spec.data_steps import column_names
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune
from nnspec.training.history import TrainingHistory
from nnspec.training.leaks.rules import LEAK_RULES
from nnspec.training.loop import (
    DivergenceError,
    Progress,
    ShouldStop,
    evaluate,
    train_epochs,
)
from nnspec.training.session import TrainingSession
from nnspec.tuning.fold_errors import located_in_fold


class CrossValidation:
    """The folds of a `tune` section; rows are cached while trials have the same source."""

    def __init__(self, tune: Tune, metric: str, compute: ComputeConfig) -> None:
        self.tune, self.metric, self.compute = tune, metric, compute
        self.named: object = None  # what the rows were read by

    def evaluate_fold(self, spec: Spec, fold: int, should_stop: ShouldStop) -> float:
        """Train on the other folds; return the metric over the rows of the fold.

        Raises DivergenceError if the metric or the loss is not finite, TrainingInterrupt if
        `should_stop` returns True, and an NnspecError if spec and data do not fit.
        """
        dealt = self.deal(spec)
        splits = folds.hold_out(self.rows, dealt[fold])
        spec = spec_of_folds(spec)
        with located_in_fold(spec, self.rows, dealt, fold):
            session = TrainingSession.prepare(spec, self.compute, lambda _: splits)
        train, held_out = session.splits.train, session.splits.validation
        for _ in train_epochs(
            session.program, session.training, session.options, _ignore_progress, should_stop,
            history=TrainingHistory(callbacks=session.callbacks()), balance=session.balance,
        ):  # fmt: skip
            pass
        metrics = evaluate(session.program, held_out or train, should_stop)
        if not (math.isfinite(metrics["loss"]) and math.isfinite(metrics[self.metric])):
            raise DivergenceError("the loss over the fold that is held out is not finite")
        return metrics[self.metric]

    def deal(self, spec: Spec) -> list[Fold]:
        """The folds of the rows of a trial, which are read where another source is named."""
        data = require_data(spec)
        named = data.source, column_names(data.inputs), column_names(data.targets), data.split
        if named != self.named:
            self.rows, self.named = folds.tuning_rows(spec, self.tune), named
        return folds.assign_folds(spec, self.tune, self.rows)


def spec_of_folds(spec: Spec) -> Spec:
    """The spec of a trial without what a fold has another of: split, validation, expectations."""
    # The fold is held out from all that training measures: there are no validation rows.
    options = spec.train.replace(validation_split=None, validation_freq=1)
    data = require_data(spec)
    data = data.replace(split=None)  # by which the folds have been dealt
    return spec.replace(expect=None, train=options, data=data, silence=tuple(LEAK_RULES))


def _ignore_progress(_: Progress) -> None:
    """Do nothing: a progress callback."""
