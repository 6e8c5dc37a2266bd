"""The training loop: epochs, shuffling, batches, validation, interruption and divergence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import BatchMetrics, Indices, Program, batches_of, require_setup
from nnspec.components.schedules.base import EpochMetrics
from nnspec.data.dataset import Dataset
from nnspec.spec.train_options import TrainOptions
from nnspec.training.balance import UNIFORM, Balance
from nnspec.training.row_upload import DeviceBatches, RowUpload, row_upload
from nnspec.training.sampling import epoch_batches

EVALUATION_ROWS = 256
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
    completed: Sequence[EpochMetrics] = (), balance: Balance = UNIFORM,
) -> Iterator[Epoch]:  # fmt: skip
    """Train epoch by epoch and yield the metrics of each; start after the `completed` epochs.

    After the last epoch has been yielded, moving averages of the weights become the weights, if the
    optimizer keeps any: to resume a training, its state is read before.

    `balance` has the weights of the dataset's rows in the loss that is minimized and reported, and
    which of them an epoch draws several times.
    With another program's weights and optimizer state, and with what that one measured, training
    resumes exactly where that one stopped.

    Raises TrainingInterrupt when `should_stop` returns True between two chunks of updates, and
    DivergenceError when the loss is no longer finite.
    """
    upload = row_upload(program, dataset, balance.weights)
    evaluator = None if validation is None else _Evaluator(program, validation)
    measured = list(completed)
    for number in range(len(measured) + 1, options.epochs + 1):
        started = time.perf_counter()
        update = EpochUpdates(program, measured)
        batches = epoch_batches(upload.rows, options, number, balance.classes)
        upload.expect(batches)
        metrics = _train_epoch(update, upload, batches, number, on_progress, should_stop).results
        seconds = time.perf_counter() - started
        validated = evaluator.metrics(should_stop) if evaluator else None
        epoch = Epoch(number, metrics, seconds, validated)
        measured.append(epoch.measured)
        yield epoch
    program.use_average_weights()


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


def _train_epoch(
    update: BatchFunction,
    upload: RowUpload,
    batches: list[Indices],
    epoch: int,
    on_progress: ProgressCallback,
    should_stop: ShouldStop,
) -> BatchMetrics:
    """Run all updates of an epoch."""
    chunks: list[BatchMetrics] = []
    done = 0
    for chunk in _run_in_chunks(update, partial(upload.upload, epoch=epoch), batches, should_stop):
        _check_divergence(chunk, epoch, done)
        chunks.append(chunk)
        done += len(chunk.rows)
        on_progress(Progress(epoch, done, len(batches), BatchMetrics.join(chunks).means))
    return BatchMetrics.join(chunks)


def _run_in_chunks(
    function: BatchFunction,
    upload: _Upload,
    batches: Sequence[Indices],
    should_stop: ShouldStop,
) -> Iterator[BatchMetrics]:
    """Apply `function` to chunks of batches of about 0.1 s each; poll `should_stop` between."""
    done, size = 0, 1
    while done < len(batches):
        if should_stop():
            raise TrainingInterrupt
        started = time.perf_counter()
        with np.errstate(all="ignore"):  # non-finite values show up in the metrics
            chunk = function(*upload(batches[done : done + size]))
        yield chunk
        done += size
        size = _next_chunk_size(size, time.perf_counter() - started)


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
