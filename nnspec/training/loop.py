"""The training loop: epochs, shuffling, batches, validation, interruption and divergence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import (
    BatchMetrics,
    Indices,
    Program,
    batches_of,
    require_setup,
)
from nnspec.components.schedules.base import EpochMetrics
from nnspec.data.dataset import Dataset
from nnspec.spec.train_options import TrainOptions
from nnspec.training.balance import UNIFORM, Balance
from nnspec.training.batch_plan import BatchPlan, PassBatches
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.row_upload import DeviceBatches, RowUpload, row_upload
from nnspec.training.stopwatch import Stopwatch

EVALUATION_ROWS = 256
FIRST_UPDATES = 10  # a run records the SHA-256 of the weights after them
_CHUNK_SECONDS = 0.1  # between two calls of `should_stop` and `on_progress`


class Progress(NamedTuple):
    """The position within an epoch and its running metrics, for progress callbacks."""

    epoch: int  # from 1
    batch: int  # batches done
    batches: int  # of the epoch
    metrics: dict[str, float]
    step: int  # batches done in all epochs
    steps: int  # of all epochs, if nothing ends the training before
    epochs: int
    budget_left: float | None = None  # seconds of the time budget, if there is one


ProgressCallback = Callable[[Progress], None]
ShouldStop = Callable[[], bool]
BatchFunction = Callable[[Any, Sequence[Indices]], BatchMetrics]  # device rows, batches
_Upload = Callable[[Sequence[Indices]], DeviceBatches]


class TrainingInterrupt(Exception):  # noqa: N818  (no error)
    """Training was asked to stop; the program holds the weights after its last update."""


class DivergenceError(Exception):
    """The loss or a weight is no longer a finite number; callers add the place in the spec.

    `update` and `epoch` count from 1; `update` is None where it is known of the epoch alone, both
    where an evaluation after the training showed it.
    """

    def __init__(self, message: str, epoch: int | None = None, update: int | None = None) -> None:
        super().__init__(message)
        self.epoch, self.update = epoch, update


def train_epochs(
    program: Program, dataset: Dataset, options: TrainOptions, on_progress: ProgressCallback,
    should_stop: ShouldStop, validation: Dataset | None = None,
    history: TrainingHistory | None = None, balance: Balance = UNIFORM,
) -> Iterator[Epoch]:  # fmt: skip
    """Train epoch by epoch and yield the metrics of each; go on after what `history` has.

    After the last epoch has been yielded, the weights of the best epoch, or moving averages of the
    weights, become the weights, if there are any: to resume a training, its state is read before.
    `options` are bound to the metrics, as those of a TrainingSession are.

    `balance` has the weights of the dataset's rows in the loss that is minimized and reported, and
    which of them a pass draws several times.
    With another program's weights and optimizer state, and with its history, training goes on
    exactly where that one stopped, also between two batches. When `on_progress` is called, and when
    training is interrupted, `history` is up to date with the program.

    Raises TrainingInterrupt when `should_stop` returns True between two chunks of updates, and
    DivergenceError when the loss is no longer finite.
    """
    history = TrainingHistory() if history is None else history
    upload = row_upload(program, dataset, balance.weights)
    plan = BatchPlan(upload.rows, options, balance.classes)
    evaluator = None if validation is None else _Evaluator(program, validation)
    training = _Training(program, upload, plan, history, on_progress, should_stop)
    history.callbacks.begin(program)
    while history.ended_by(plan) is None:
        training.finish_epoch()
        yield training.end_epoch(evaluator)
    if history.best is not None:
        program.set_weights(history.best)
    program.use_average_weights()


def _is_best(history: TrainingHistory, options: TrainOptions) -> bool:
    """Whether the last epoch is the best one."""
    stopping = options.early_stopping
    if stopping is None:
        return False
    return stopping.after(history.measured).best_epoch == len(history.epochs)


def never_stop() -> bool:
    """Return False: a `should_stop` callback that never stops."""
    return False


def evaluate(
    program: Program, dataset: Dataset, should_stop: ShouldStop = never_stop
) -> dict[str, float]:
    """The loss and the metrics: means over all rows.

    Raises TrainingInterrupt as `train_epochs` does.
    """
    return _Evaluator(program, dataset).metrics(should_stop)


class _Evaluator:
    """Evaluates a program on a dataset, which is uploaded once if it is in memory."""

    def __init__(self, program: Program, dataset: Dataset) -> None:
        self.program, self.upload = program, row_upload(program, dataset)
        self.batches = batches_of(dataset.rows, EVALUATION_ROWS)

    def metrics(self, should_stop: ShouldStop) -> dict[str, float]:
        """The loss and the metrics: means over all rows."""
        self.upload.expect(self.batches)
        chunks = _run_in_chunks(
            self.program.evaluate, self.upload.upload, self.batches, should_stop
        )
        return BatchMetrics.join(list(chunks)).results


class EpochUpdates:
    """The updates of one epoch, with learning rates by what the epochs before measured."""

    def __init__(self, program: Program, measured: Sequence[EpochMetrics]) -> None:
        optimizer = require_setup(program.setup).optimizer
        self.program, self.rate = program, optimizer.rate_after(measured)
        self.step = program.state().step if self.rate else 0

    def __call__(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """Make an update for each batch."""
        if self.rate is None:
            return self.program.train(device_rows, batches)
        rates = [self.rate(self.step + index) for index in range(len(batches))]
        self.step += len(batches)
        return self.program.train(device_rows, batches, rates)


class _Training:
    """Makes the updates of a training, epoch by epoch, and adds their metrics to its history."""

    def __init__(
        self, program: Program, upload: RowUpload, plan: BatchPlan, history: TrainingHistory,
        on_progress: ProgressCallback, should_stop: ShouldStop,
    ) -> None:  # fmt: skip
        self.program, self.upload, self.plan, self.history = program, upload, plan, history
        self.on_progress, self.should_stop = on_progress, should_stop
        self.watch = Stopwatch(history.elapsed)
        self.expected = 0  # the pass whose rows are being read

    def finish_epoch(self) -> None:
        """Make the updates of an epoch that are left, as far as the time budget goes."""
        history, plan = self.history, self.plan
        steps = plan.steps_of(len(history.epochs) + 1)
        update = EpochUpdates(self.program, history.measured)
        watch = Stopwatch(history.seconds)
        for part in plan.batches(steps[history.batches_done :]):
            if history.is_over_budget(plan):
                return
            self._expect(part.number)
            for chunk in self._chunks(update, part):
                _check_divergence(chunk, len(history.epochs) + 1, history.batches_done)
                means = history.add_batches(chunk).means
                history.seconds, history.elapsed = watch.seconds, self.watch.seconds
                self.on_progress(self._progress(len(steps), means))

    def _chunks(self, update: EpochUpdates, part: PassBatches) -> Iterator[BatchMetrics]:
        """Make the updates of consecutive batches of a pass, until the time budget is used up."""
        done = self.history.steps(self.plan)
        ends = ChunkEnds(self.plan.options.checkpoint_steps, done, FIRST_UPDATES)
        rows = partial(self.upload.upload, epoch=part.number)
        chunks = _run_in_chunks(update, rows, part.batches, self.should_stop, ends)
        while not self.history.is_over_budget(self.plan):
            chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def _expect(self, number: int) -> None:
        """Begin to read the rows of a pass that are left."""
        if number != self.expected:
            self.expected = number
            left = range(self.history.steps(self.plan), self.plan.steps)
            self.upload.expect(next(self.plan.batches(left)).batches)

    def _progress(self, batches: int, means: dict[str, float]) -> Progress:
        history, plan = self.history, self.plan
        budget = plan.options.time_budget
        left = None if budget is None else max(0.0, budget - history.elapsed)
        epoch, done = len(history.epochs) + 1, history.batches_done
        step = history.steps(plan)
        return Progress(epoch, done, batches, means, step, plan.steps, plan.epochs, left)

    def end_epoch(self, evaluator: _Evaluator | None) -> Epoch:
        """Validate where it is due, and make the batches that are done a whole epoch."""
        history, options = self.history, self.plan.options
        validation = None
        if evaluator is not None and self._validates():
            validation = evaluator.metrics(self.should_stop)
        epoch = history.end_epoch(validation, self.plan, self.program)
        if validation is not None:  # else time goes on with the next update
            history.elapsed = self.watch.seconds
        if options.restores_best and _is_best(history, options):
            history.best = self.program.weights()
        return epoch

    def _validates(self) -> bool:
        """Whether the epoch at hand is validated: each k-th one, and the last."""
        number = len(self.history.epochs) + 1
        return number % self.plan.options.validation_freq == 0 or self.history.is_last(self.plan)


class ChunkEnds(NamedTuple):
    """Where chunks of batches have to end: after `first` batches and each multiple of `every`."""

    every: int | None = None
    before: int = 0  # batches before the first chunk
    first: int = 0

    def limit(self, done: int, size: int) -> int:
        """The number of batches of a chunk of up to `size` that follows `done` of them."""
        made = self.before + done
        if made < self.first:
            size = min(size, self.first - made)
        return size if self.every is None else min(size, self.every - made % self.every)


_ANYWHERE = ChunkEnds()


def _run_in_chunks(
    function: BatchFunction,
    upload: _Upload,
    batches: Sequence[Indices],
    should_stop: ShouldStop,
    ends: ChunkEnds = _ANYWHERE,
) -> Iterator[BatchMetrics]:
    """Apply `function` to chunks of batches of about 0.1 s each; poll `should_stop` between."""
    done, size = 0, 1
    while done < len(batches):
        if should_stop():
            raise TrainingInterrupt
        started = time.perf_counter()
        chosen = batches[done : done + ends.limit(done, size)]
        with np.errstate(all="ignore"):  # non-finite values show up in the metrics
            chunk = function(*upload(chosen))
        seconds = time.perf_counter() - started
        yield chunk
        done += len(chosen)
        size = _next_chunk_size(len(chosen), seconds)


def _next_chunk_size(size: int, seconds: float) -> int:
    """Batches per chunk, from the duration of the last chunk; at most doubled."""
    return max(1, min(2 * size, int(size * _CHUNK_SECONDS / max(seconds, 1e-6))))


def _check_divergence(metrics: BatchMetrics, epoch: int, done: int) -> None:
    """Raise DivergenceError at the first batch whose loss is not finite."""
    invalid = ~np.isfinite(metrics.sums["loss"])
    if invalid.any():
        update = done + int(np.argmax(invalid)) + 1
        message = f"the loss is not finite at update {update} of epoch {epoch}"
        raise DivergenceError(message, epoch, update)
