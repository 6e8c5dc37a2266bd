"""Callbacks of a run."""

from __future__ import annotations

from pathlib import Path

from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem
from nnspec.graph.summary import Summary
from nnspec.spec.document import Spec
from nnspec.training.balance import Balance
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.history import Epoch
from nnspec.training.loop import Progress
from nnspec.training.monitoring.preflight import Preflight
from nnspec.training.part_sizes import PartSizes
from nnspec.training.state import Position


class RunListener:
    """Callbacks of a run; override those of interest, they do nothing by default."""

    def on_prepare(self, parameters: int) -> None:
        """Called before weights are drawn and data are read, with the number of weights."""

    def on_run_begin(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """Called before training, when spec and data are known to be valid."""

    def on_batch_plan(self, plan: BatchPlan) -> None:
        """Called after `on_run_begin` with how many epochs and batches there will be."""

    def on_resume(self, position: Position) -> None:
        """Called after `on_run_begin` where a run goes on, with how far it has come before."""

    def on_note(self, note: str) -> None:
        """Called with what is odd about a run that goes on, in words."""

    def on_splits(self, sizes: PartSizes) -> None:
        """Called after `on_run_begin` with the rows of each part, and of each class in them."""

    def on_refused_rows(self, counts: RowCounts) -> None:
        """Called after `on_run_begin` where the source has rows that are not used."""

    def on_balance(self, balance: Balance) -> None:
        """Called before training with the weights of rows, and the classes that are oversampled."""

    def on_advice(self, advice: Problem) -> None:
        """Called with advice that follows from the data, such as a too large learning rate."""

    def on_preflight(self, preflight: Preflight) -> None:
        """Called after the first updates of a training that is expected to take long."""

    def on_progress(self, progress: Progress) -> None:
        """Called after each chunk of updates."""

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Called after each epoch."""

    def on_evaluate_begin(self, split: str) -> None:
        """Called before the evaluation of a split."""

    def on_expectation(self, name: str, done: int, steps: int) -> None:
        """Called while a behaviour or weights are tested, after each of the steps that it takes."""

    def should_stop(self) -> bool:
        """Whether to stop; polled between chunks of updates."""
        return False
