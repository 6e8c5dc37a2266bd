"""The files that a run writes while it is trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.backends.contract import Weights
from nnspec.errors import RunError, visible
from nnspec.runs.checkpoint import Provenance
from nnspec.runs.checkpoint_schedule import CheckpointSchedule
from nnspec.runs.first_updates import FirstUpdates, record_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.kept_checkpoints import keep_checkpoint
from nnspec.runs.weight_files import all_finite, weights_sha256
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import FIRST_UPDATES, DivergenceError, Progress
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
        self.history, self.plan, self.options = history, session.batch_plan, session.options
        self.schedule, self.step = CheckpointSchedule(session.spec.train.checkpoint), 0
        self.written_best: Weights | None = None
        if not self.options.keeps_best:
            history.best_checkpoint = None  # of a run that had a monitor, and goes on without

    def save_in_epoch(self, progress: Progress) -> None:
        """Write checkpoint and history where they are due, unless the epoch is at its end."""
        self.step = progress.step
        if self.step == FIRST_UPDATES:  # before a checkpoint, which a run goes on from
            self._record_first_updates()
        if progress.batch < progress.batches and self.schedule.is_due(self.step):
            with self._recorded():
                self._write_checkpoint()

    def save_after_epoch(self) -> None:
        """Write all files after the last epoch, and after another where a checkpoint is due."""
        self._note_best()
        is_last = self.history.ended_by(self.plan) is not None
        if is_last and self.step < FIRST_UPDATES:
            self._record_first_updates()
        if is_last or self.schedule.is_due(self.step):
            self.save()

    def save(self) -> None:
        """Write checkpoint, history and weights."""
        with self._recorded():
            self.folder.write_weights(self._write_checkpoint().weights)

    def _note_best(self) -> None:
        """Copy the weights where the epoch that has ended is the best one so far."""
        options, measured = self.options.checkpoint, self.history.measured
        if options is not None and options.best_epoch(measured) == len(measured):
            self.history.best_checkpoint = self.program.weights()

    def _keep(self, state: TrainingState) -> None:
        """Keep the checkpoint that was written, and the best weights, where the spec says so.

        These are part of the checkpoint: where the process ends before they are written again,
        the run that goes on writes them.
        """
        options, best = self.options.checkpoint, self.history.best_checkpoint
        step, ended = state.position.step, self.history.ended_by(self.plan) is not None
        count = options and options.kept_after(step, ended=ended)
        if count:
            keep_checkpoint(self.folder.path, step, count)
        if best is not None and best is not self.written_best:
            self.folder.write_best(best)
            self.written_best = best

    def _record_first_updates(self) -> None:
        """Record the SHA-256 of the weights, as those after the first updates."""
        sha256 = weights_sha256(self.program.weights())
        record_first_updates(self.folder, FirstUpdates(self.step, sha256))

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Tell the schedule of a checkpoint, and what it takes; an error, how the run goes on."""
        began = time.perf_counter()
        try:
            yield
        except RunError as error:
            run = visible(str(self.folder.path))
            hint = f"`nnspec resume {run}` goes on when that is mended"
            raise RunError(error.problems[0].message, hint) from None
        self.schedule.record(self.step, time.perf_counter() - began)

    def _write_checkpoint(self) -> TrainingState:
        """Write the state of the training and its history."""
        state = TrainingState.of(self.program, self.history)
        if not all_finite(state.weights):
            raise _divergence(state.position)
        self.step = state.position.step
        self.folder.write_checkpoint(state, self.provenance)
        self._keep(state)
        self.folder.write_history(self.history.epochs)
        return state


def _divergence(position: Position) -> DivergenceError:
    """The error of weights that are not finite at a position."""
    epochs, batches, _ = position
    if batches:
        place = f"update {batches} of epoch {epochs + 1}"
        return DivergenceError(f"a weight is not finite after {place}", epochs + 1, batches)
    return DivergenceError(f"a weight is not finite after epoch {epochs}", epochs)
