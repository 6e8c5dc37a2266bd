"""The replay of a training up to the update that failed.

Batches, dropout masks and learning rates are functions of the seed and the position, so the same
program comes to the same update again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Indices, Program, State, Weights, batches_of
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import EpochMetrics
from nnspec.data.dataset import PreparedRows
from nnspec.data.rows import Rows
from nnspec.training.batch_plan import PassBatches
from nnspec.training.diagnosis.restart import RestartPoint, are_finite
from nnspec.training.loop import (
    EVALUATION_ROWS,
    EpochUpdates,
    ShouldStop,
    TrainingInterrupt,
)
from nnspec.training.row_upload import RowUpload, row_upload
from nnspec.training.session import TrainingSession

_MAX_CHUNK = 64  # batches of a replay that are uploaded at a time


class FailingUpdate(NamedTuple):
    """An update from finite weights that gives a loss or weights that are not finite.

    Of an evaluation that gives such a loss, it has the learning rate of the last update.
    """

    weights: Weights  # before it
    state: State
    part: PreparedRows  # that the rows are of, as they are evaluated
    batch: Indices  # row numbers
    rows: Rows  # of the batch, as they are in the pass
    row_weights: Arrays
    rate: float | None  # None of a closed form
    losses: Array  # of the replayed updates before it


class Replay:
    """A training that is made again from a restart point.

    `measured` are the metrics of all whole epochs, by which learning rates may go; `should_stop`
    is polled between chunks of updates, and TrainingInterrupt raised when it returns True.
    """

    def __init__(
        self, session: TrainingSession, point: RestartPoint, measured: Sequence[EpochMetrics],
        should_stop: ShouldStop,
    ) -> None:  # fmt: skip
        self.session, self.program, self.point = session, session.program, point
        self.all_measured, self.should_stop = measured, should_stop
        weights = session.balance.weights
        self.upload: RowUpload = row_upload(self.program, session.training, weights)
        self.plan = session.batch_plan
        self.restart()

    def failing_update(self, epoch: int, update: int | None) -> FailingUpdate | None:
        """The first update that is not finite; None where there is none up to the end of an epoch.

        An error showed at an update of the epoch, or after it.
        """
        while self.epoch < epoch:
            self.finish_epoch()
        last = len(self.steps) if update is None else update - 1
        self.forward_to(last - 1)  # the update before the error may have spoilt the weights
        if not self.is_finite():
            self.restart()
        return self.first_failing(epoch)

    def restart(self) -> None:
        """Go back to the restart point."""
        self.program.set_weights(self.point.weights)
        self.program.set_state(self.point.state)
        self.measured, self.done = list(self.point.measured), self.point.batches_done
        self.losses: list[Array] = []
        self.last = PassBatches(0, [])  # the chunk that was trained on last
        self.begin_epoch()

    @property
    def epoch(self) -> int:
        """The number of the epoch at hand."""
        return len(self.measured) + 1

    def begin_epoch(self) -> None:
        """Take the steps of the next epoch."""
        self.steps = self.plan.steps_of(self.epoch)

    def finish_epoch(self) -> None:
        """Make the updates that are left of an epoch."""
        self.forward_to(len(self.steps))
        self.measured.append(self.all_measured[self.epoch - 1])
        self.done = 0
        self.begin_epoch()

    def forward_to(self, end: int) -> None:
        """Make the updates before number `end`, counted from 0."""
        updates = EpochUpdates(self.program, self.measured)
        while self.done < end:
            if self.should_stop():
                raise TrainingInterrupt
            steps = self.steps[self.done : min(end, self.done + _MAX_CHUNK)]
            self.last = chunk = next(self.plan.batches(steps))
            with np.errstate(all="ignore"):
                metrics = updates(*self.upload.upload(chunk.batches, epoch=chunk.number))
            self.losses.append(metrics.sums["loss"] / np.array(metrics.rows))
            self.done += len(chunk.batches)

    def is_finite(self) -> bool:
        """Whether all weights are finite."""
        return are_finite(self.program.weights())

    def first_failing(self, last_epoch: int) -> FailingUpdate | None:
        """Make one update after the other until one is not finite."""
        while True:
            while self.done < len(self.steps):
                before = self.program.weights(), self.program.state()
                self.forward_to(self.done + 1)
                if not np.isfinite(self.losses[-1]).all() or not self.is_finite():
                    return self.failing(*before)
            if self.epoch >= last_epoch:
                return None
            self.finish_epoch()

    def failing(self, weights: Weights, state: State) -> FailingUpdate:
        """The update that was made last."""
        session, batch = self.session, self.last.batches[-1]
        rows = session.training.take(batch, self.last.number)
        row_weights = {name: one[batch] for name, one in session.balance.weights.items()}
        rate = _rate(session, self.program, self.measured, state.step)
        losses = np.concatenate(self.losses)[:-1]
        return FailingUpdate(
            weights, state, session.splits.train, batch, rows, row_weights, rate, losses
        )


def failing_evaluation(
    session: TrainingSession, measured: Sequence[EpochMetrics]
) -> FailingUpdate | None:
    """The first batch of an evaluation after the training whose loss is not finite."""
    program = session.program
    state = program.state()
    rate = _rate(session, program, measured[:-1], state.step - 1)
    for part in session.splits.parts():
        upload = row_upload(program, part)
        for batch in batches_of(part.rows, EVALUATION_ROWS):
            with np.errstate(all="ignore"):
                metrics = program.evaluate(*upload.upload([batch]))
            if not np.isfinite(metrics.sums["loss"]).all():
                return FailingUpdate(
                    program.weights(), state, part, batch, part.take(batch), {}, rate,
                    np.empty(0),
                )  # fmt: skip
    return None


def _rate(
    session: TrainingSession, program: Program, measured: Sequence[EpochMetrics], step: int
) -> float | None:
    """The learning rate of an update; None of a closed form."""
    if not isinstance(session.spec.optimizer, Optimizer) or program.setup is None:
        return None
    optimizer = program.setup.optimizer
    rate = optimizer.rate_after(measured)
    return float(optimizer.rate(step) if rate is None else rate(step))
