"""The report of a run: what `run --json` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nnspec.compute import ComputeConfig
from nnspec.data.row_counts import RowCounts
from nnspec.graph.summary import Summary
from nnspec.runs.ending import Status
from nnspec.runs.expectations import Expectation, expectations_to_plain
from nnspec.runs.first_updates import FirstUpdates
from nnspec.runs.training_length import TrainingLength
from nnspec.training.balance import UNIFORM, ClassWeights
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.monitoring.preflight import Preflight
from nnspec.training.part_sizes import PartSizes

SplitMetrics = dict[str, dict[str, float]]  # split -> metric name -> value


class EarlyStoppingResult(NamedTuple):
    """What early stopping has made of the epochs."""

    stopped: bool  # before the last epoch that the spec asks for
    monitor: str
    best_epoch: int | None
    best: float | None
    restored: bool  # whether the weights are those of the best epoch

    @classmethod
    def of(cls, plan: BatchPlan, history: TrainingHistory) -> EarlyStoppingResult | None:
        """Of a plan whose options are bound to metrics."""
        stopping = plan.options.early_stopping
        if stopping is None:
            return None
        state, ended = stopping.after(history.measured), history.ended_by(plan)
        best = None if state.best_epoch is None else state.best
        stopped = ended == "early_stopping"
        restored = ended is not None and stopping.restore_best and best is not None
        return cls(stopped, str(stopping.monitor), state.best_epoch, best, restored)


class BestCheckpoint(NamedTuple):
    """The epoch whose weights a run keeps as the best ones."""

    monitor: str
    best_epoch: int | None
    best: float | None

    @classmethod
    def of(cls, plan: BatchPlan, history: TrainingHistory) -> BestCheckpoint | None:
        """Of a plan whose options are bound to metrics; None where they keep no best weights."""
        checkpoint, measured = plan.options.checkpoint, history.measured
        if checkpoint is None or checkpoint.monitor is None:
            return None
        found = checkpoint.best_epoch(measured)
        best = None if found is None else measured[found - 1][checkpoint.monitor]
        return cls(checkpoint.monitor, found, best)


def stopping_callbacks(plan: BatchPlan, history: TrainingHistory) -> tuple[str, ...]:
    """The kinds of the callbacks that have ended a training before its last epoch."""
    if history.ended_by(plan) != "callbacks":
        return ()
    callbacks, measured = plan.options.callbacks or (), history.measured
    return tuple(one.kind for one in callbacks if one.stops(measured))


class RunReport(NamedTuple):
    """The results of a run."""

    run: Path
    compute: ComputeConfig
    summary: Summary
    epochs: list[Epoch]
    splits: PartSizes
    metrics: SplitMetrics  # of train and test, and of validation where it is expected
    expectations: list[Expectation]
    weights_sha256: str
    seconds: float
    status: Status  # `finished` or `interrupted`
    rows: RowCounts
    class_weights: ClassWeights = UNIFORM.class_weights
    early_stopping: EarlyStoppingResult | None = None  # where the spec asks for it
    preflight: Preflight | None = None
    length: TrainingLength | None = None
    best_checkpoint: BestCheckpoint | None = None  # where the spec asks for it
    stopped_by: tuple[str, ...] = ()  # the callbacks that ended the training before its last epoch
    first_updates: FirstUpdates | None = None  # where they have been made

    @property
    def interrupted(self) -> bool:
        """Whether the training was stopped before its end."""
        return self.status == "interrupted"

    def plain(self) -> dict[str, Any]:
        """The content of `run --json`; `train` and `test` are null if they were not evaluated."""
        return {
            "run": str(self.run),
            **self.compute._asdict(),
            "parameters": self.summary.counts(),
            "splits": {name: size.plain() for name, size in self.splits.items()},
            "rows": self.rows.plain(),
            "class_weight": {name: dict(one) for name, one in self.class_weights.items()} or None,
            "epochs": [epoch.plain() for epoch in self.epochs],
            "training": self.length and self.length._asdict(),
            "early_stopping": self.early_stopping and self.early_stopping._asdict(),
            "best_checkpoint": self.best_checkpoint and self.best_checkpoint._asdict(),
            "stopped_by": list(self.stopped_by),
            **both_splits(self.metrics),
            "expectations": expectations_to_plain(self.expectations),
            "weights_sha256": self.weights_sha256,
            "first_updates": self.first_updates and self.first_updates.plain(),
            "preflight": self.preflight and self.preflight.plain(),
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "status": self.status,
        }


def both_splits(metrics: SplitMetrics) -> dict[str, dict[str, float] | None]:
    """The metrics of `train` and of `test`, None for a split without; of `validation` if any."""
    return {"train": None, "test": None, **metrics}
