"""One fold of one setting: train on the others, look at the one that is held out."""

from __future__ import annotations

import math
from functools import partial

from nnspec.components.sources.base import Source
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.splits import Splits
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune
from nnspec.training.loop import Diverged, Progress, ShouldStop, epochs, evaluate
from nnspec.training.session import TrainingSession


class CrossValidation:
    """The folds of a `tune` section; the data are read once for all settings that share them."""

    def __init__(self, tune: Tune, metric: str, compute: ComputeConfig) -> None:
        self.tune, self.metric, self.compute = tune, metric, compute
        self.source: Source | None = None

    def value(self, spec: Spec, number: int, stop: ShouldStop) -> float:
        """The metric over the rows of a fold, by a network that has not seen them.

        Raises Diverged where it or the loss is no finite number, Interrupted where `stop` says
        so, and an NnspecError where the spec and the data do not fit.
        """
        job = TrainingSession.prepare(
            spec.replace(expect=None), self.compute, partial(self.parts, number)
        )
        train, held_out, _ = job.parts
        for _ in epochs(job.program, train, spec.train, _unseen, stop):
            pass
        figures = evaluate(job.program, held_out or train, stop)
        if not (math.isfinite(figures["loss"]) and math.isfinite(figures[self.metric])):
            raise Diverged("the loss over the fold that is held out is not finite")
        return figures[self.metric]

    def parts(self, number: int, spec: Spec) -> Splits:
        """The raw rows when a fold is held out."""
        if require_data(spec).source != self.source:
            self.table = folds.tuning_rows(spec, self.tune)
            self.source = require_data(spec).source
        dealt = folds.assign_folds(self.table.rows, self.tune.folds, self.tune.seed)
        return folds.hold_out(self.table, dealt[number])


def _unseen(_: Progress) -> None:
    """Nobody watches a fold's updates."""
