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
    Weights,
    batches_of,
    require_setup,
)
from nnspec.components.schedules.base import EpochMetrics
from nnspec.data.dataset import Dataset
from nnspec.spec.train_options import TrainOptions
from nnspec.training.balance import UNIFORM, Balance
from nnspec.training.row_upload import DeviceBatches, RowUpload, row_upload
from nnspec.training.sampling import epoch_batches

EVALUATION_ROWS = 256
FIRST_UPDATES = 10  # a run records the SHA-256 of the weights after them
_CHUNK_SECONDS = 0.1  # between two calls of `should_stop` and `on_progress`


class Epoch(NamedTuple):
    """The metrics of an epoch: means over its rows, each computed before the row's update."""

    epoch: int  # from 1
    metrics: dict[str, float]
    seconds: float
    validation: dict[str, float] | None = None

    @property
    def measured(self) -> EpochMetrics:
        """The metrics by their names in `history.csv`: those of validation begin with `val_`."""
        validation = {f"val_{name}": value for name, value in (self.validation or {}).items()}
        return {**self.metrics, **validation}

    def plain(self) -> dict[str, Any]:
        """The epoch as an item of `epochs` in `run --json`."""
        values: dict[str, Any] = {"epoch": self.epoch, **self.metrics, "seconds": self.seconds}
        return values if self.validation is None else {**values, "validation": self.validation}


class TrainingHistory:
    """What a training has measured: its whole epochs, and the batches of the next one so far.

    `train_epochs` goes on after them and adds to them; `seconds` is the time since the next epoch
    began. `batches` is None where none of it is done.
    """

    def __init__(
        self,
        epochs: Sequence[Epoch] = (),
        batches: BatchMetrics | None = None,
        seconds: float = 0.0,
        best: Weights | None = None,
    ) -> None:
        self.epochs, self.batches, self.seconds = list(epochs), batches, seconds
        self.best = best  # weights after the best epoch, where they are to be restored

    @property
    def batches_done(self) -> int:
        """The number of batches of the next epoch that are done."""
        return 0 if self.batches is None else len(self.batches.rows)

    @property
    def measured(self) -> list[EpochMetrics]:
        """The metrics of each whole epoch."""
        return [epoch.measured for epoch in self.epochs]

    def add_batches(self, metrics: BatchMetrics) -> BatchMetrics:
        """Add those of the next batches; what all batches of the epoch give so far."""
        self.batches = BatchMetrics.join([metrics] if not self.batches else [self.batches, metrics])
        return self.batches

    def end_epoch(self, validation: dict[str, float] | None) -> Epoch:
        """Make the batches a whole epoch."""
        assert self.batches is not None  # noqa: S101  (there is a batch in each epoch)
        number = len(self.epochs) + 1
        epoch = Epoch(number, self.batches.results, self.seconds, validation)
        self.epochs.append(epoch)
        self.batches, self.seconds = None, 0.0
        return epoch


class Progress(NamedTuple):
    """The position within an epoch and its running metrics, for progress callbacks."""

    epoch: int  # from 1
    batch: int  # batches done
    batches: int
    metrics: dict[str, float]


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
    which of them an epoch draws several times.
    With another program's weights and optimizer state, and with its history, training goes on
    exactly where that one stopped, also between two batches. When `on_progress` is called, and when
    training is interrupted, `history` is up to date with the program.

    Raises TrainingInterrupt when `should_stop` returns True between two chunks of updates, and
    DivergenceError when the loss is no longer finite.
    """
    history = TrainingHistory() if history is None else history
    upload = row_upload(program, dataset, balance.weights)
    evaluator = None if validation is None else _Evaluator(program, validation)
    while not options.end_after(history.measured):
        batches = epoch_batches(upload.rows, options, len(history.epochs) + 1, balance.classes)
        _finish_epoch(program, upload, batches, history, options, on_progress, should_stop)
        epoch = history.end_epoch(evaluator.metrics(should_stop) if evaluator else None)
        if options.restores_best and _is_best(history, options):
            history.best = program.weights()
        yield epoch
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


def _finish_epoch(
    program: Program, upload: RowUpload, batches: list[Indices], history: TrainingHistory,
    options: TrainOptions, on_progress: ProgressCallback, should_stop: ShouldStop,
) -> None:  # fmt: skip
    """Make the updates of an epoch that are left, and add their metrics to the history."""
    epoch, done = len(history.epochs) + 1, history.batches_done
    left = batches[done:]
    if not left:  # the epoch was interrupted before its end, in its validation
        return
    began = time.perf_counter() - history.seconds
    update = EpochUpdates(program, history.measured)
    upload.expect(left)
    before = (epoch - 1) * len(batches) + done
    ends = ChunkEnds(options.checkpoint_steps, before, FIRST_UPDATES)
    rows = partial(upload.upload, epoch=epoch)
    for chunk in _run_in_chunks(update, rows, left, should_stop, ends):
        _check_divergence(chunk, epoch, done)
        done += len(chunk.rows)
        means = history.add_batches(chunk).means
        history.seconds = time.perf_counter() - began
        on_progress(Progress(epoch, done, len(batches), means))


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
