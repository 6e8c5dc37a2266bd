"""The files that a run writes while it is trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.runs.checkpoint import Provenance
from nnspec.runs.checkpoint_schedule import CheckpointSchedule
from nnspec.runs.first_updates import FirstUpdates, record_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.weight_files import all_finite, weights_sha256
from nnspec.training.loop import FIRST_UPDATES, DivergenceError, Progress, TrainingHistory
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
        self.history, self.options = history, session.options
        self.schedule, self.step = CheckpointSchedule(session.spec.train.checkpoint), 0

    def save_in_epoch(self, progress: Progress) -> None:
        """Write checkpoint and history where they are due, unless the epoch is at its end."""
        self.step = (progress.epoch - 1) * progress.batches + progress.batch
        if self.step == FIRST_UPDATES:  # before a checkpoint, which a run goes on from
            self._record_first_updates()
        if progress.batch < progress.batches and self.schedule.is_due(self.step):
            with self._recorded():
                self._write_checkpoint()

    def save_after_epoch(self) -> None:
        """Write all files after the last epoch, and after another where a checkpoint is due."""
        is_last = self.options.end_after(self.history.measured)
        if is_last and self.step < FIRST_UPDATES:
            self._record_first_updates()
        if is_last or self.schedule.is_due(self.step):
            self.save()

    def save(self) -> None:
        """Write checkpoint, history and weights."""
        with self._recorded():
            self.folder.write_weights(self._write_checkpoint().weights)

    def _record_first_updates(self) -> None:
        """Record the SHA-256 of the weights, as those after the first updates."""
        sha256 = weights_sha256(self.program.weights())
        record_first_updates(self.folder, FirstUpdates(self.step, sha256))

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
