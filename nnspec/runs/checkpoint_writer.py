"""The files that a run writes while it is trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.runs.checkpoint import Provenance
from nnspec.runs.checkpoint_schedule import CheckpointSchedule
from nnspec.runs.folder import RunFolder
from nnspec.runs.weight_files import all_finite
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import DivergenceError, Progress
from nnspec.training.session import TrainingSession
from nnspec.training.state import Position, TrainingState


class CheckpointWriter:
    """Writes weights, checkpoint and history of a training, each atomically."""

    def __init__(
        self,
        session: TrainingSession,
        folder: RunFolder,
        provenance: Provenance,
        history: TrainingHistory,
    ) -> None:
        self.program, self.folder, self.provenance = session.program, folder, provenance
        self.history, self.plan = history, session.batch_plan
        self.schedule, self.step = CheckpointSchedule(session.spec.train.checkpoint), 0

    def save_in_epoch(self, progress: Progress) -> None:
        """Write checkpoint and history where they are due, unless the epoch is at its end."""
        self.step = progress.step
        if progress.batch < progress.batches and self.schedule.is_due(self.step):
            with self._recorded():
                self._write_checkpoint()

    def save_after_epoch(self) -> None:
        """Write all files after the last epoch, and after another where a checkpoint is due."""
        if self.history.ended_by(self.plan) or self.schedule.is_due(self.step):
            self.save()

    def save(self) -> None:
        """Write checkpoint, history and weights."""
        with self._recorded():
            self.folder.write_weights(self._write_checkpoint().weights)

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Tell the schedule of a checkpoint, and what it takes."""
        began = time.perf_counter()
        yield
        self.schedule.record(self.step, time.perf_counter() - began)

    def _write_checkpoint(self) -> TrainingState:
        """Write the state of the training and its history."""
        state = TrainingState.of(self.program, self.history)
        if not all_finite(state.weights):
            raise _divergence(state.position)
        self.step = state.position.step
        self.folder.write_checkpoint(state, self.provenance)
        self.folder.write_history(self.history.epochs)
        return state


def _divergence(position: Position) -> DivergenceError:
    """The error of weights that are not finite at a position."""
    epochs, batches, _ = position
    if batches:
        place = f"update {batches} of epoch {epochs + 1}"
        return DivergenceError(f"a weight is not finite after {place}", epochs + 1, batches)
    return DivergenceError(f"a weight is not finite after epoch {epochs}", epochs)
