"""The training loop: epochs, shuffling, batches, validation, interruption and divergence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import BatchMetrics, Indices, Program, batches_of
from nnspec.data.sources import Rows
from nnspec.randomness import philox
from nnspec.spec.document import TrainOptions

EVALUATION_ROWS = 256
_CHUNK_SECONDS = 0.1  # between two calls of `should_stop` and `on_progress`


class Epoch(NamedTuple):
    """The metrics of an epoch: means over its rows, each computed before the row's update."""

    epoch: int  # from 1
    metrics: dict[str, float]
    seconds: float
    validation: dict[str, float] | None = None

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
BatchFunction = Callable[[Sequence[Indices]], BatchMetrics]


class TrainingInterrupt(Exception):  # noqa: N818  (no error)
    """Training was asked to stop; the program holds the weights after its last update."""


class DivergenceError(Exception):
    """The loss or a weight is no longer a finite number; callers add the place in the spec."""


def train_epochs(
    program: Program, rows: Rows, options: TrainOptions, on_progress: ProgressCallback,
    should_stop: ShouldStop, validation: Rows | None = None, completed: int = 0,
) -> Iterator[Epoch]:  # fmt: skip
    """Train epoch by epoch and yield the metrics of each; start after `completed` epochs.

    With another program's weights and optimizer state, training resumes exactly where that one
    stopped.

    Raises TrainingInterrupt when `should_stop` returns True between two chunks of updates, and
    DivergenceError when the loss is no longer finite.
    """
    device_rows = program.upload(rows.inputs, rows.targets)
    validation_rows = validation and _EvaluationRows(program, validation)
    for epoch in range(completed + 1, options.epochs + 1):
        started = time.perf_counter()
        batches = epoch_batches(rows.rows, options, epoch)
        metrics = _train_epoch(
            program, device_rows, batches, epoch, on_progress, should_stop
        ).results
        seconds = time.perf_counter() - started
        validated = validation_rows.metrics(should_stop) if validation_rows else None
        yield Epoch(epoch, metrics, seconds, validated)


def epoch_batches(rows: int, options: TrainOptions, epoch: int) -> list[Indices]:
    """The row numbers of each batch of an epoch; the last batch may be smaller."""
    size = rows if options.batch_size == "all" else options.batch_size
    order = np.arange(rows)
    if options.shuffle:
        order = philox.permutation(rows, options.seed, "shuffle", epoch)
    return [order[start : start + size] for start in range(0, rows, size)]


def never_stop() -> bool:
    """Return False: a `should_stop` callback that never stops."""
    return False


def evaluate(
    program: Program, rows: Rows, should_stop: ShouldStop = never_stop
) -> dict[str, float]:
    """The loss and the metrics: means over all rows.

    Raises TrainingInterrupt as `train_epochs` does.
    """
    return _EvaluationRows(program, rows).metrics(should_stop)


class _EvaluationRows:
    """Rows to evaluate, uploaded to the program's device once."""

    def __init__(self, program: Program, rows: Rows) -> None:
        self.program = program
        self.device_rows = program.upload(rows.inputs, rows.targets)
        self.batches = batches_of(rows.rows, EVALUATION_ROWS)

    def metrics(self, should_stop: ShouldStop) -> dict[str, float]:
        """The loss and the metrics: means over all rows."""
        function = partial(self.program.evaluate, self.device_rows)
        return BatchMetrics.join(list(_run_in_chunks(function, self.batches, should_stop))).results


def _train_epoch(
    program: Program,
    device_rows: Any,
    batches: list[Indices],
    epoch: int,
    on_progress: ProgressCallback,
    should_stop: ShouldStop,
) -> BatchMetrics:
    """Run all updates of an epoch."""
    chunks: list[BatchMetrics] = []
    done = 0
    for chunk in _run_in_chunks(partial(program.train, device_rows), batches, should_stop):
        _check_divergence(chunk, epoch, done)
        chunks.append(chunk)
        done += len(chunk.rows)
        on_progress(Progress(epoch, done, len(batches), BatchMetrics.join(chunks).results))
    return BatchMetrics.join(chunks)


def _run_in_chunks(
    function: BatchFunction, batches: Sequence[Indices], should_stop: ShouldStop
) -> Iterator[BatchMetrics]:
    """Apply `function` to chunks of batches of about 0.1 s each; poll `should_stop` between."""
    done, size = 0, 1
    while done < len(batches):
        if should_stop():
            raise TrainingInterrupt
        started = time.perf_counter()
        with np.errstate(all="ignore"):  # non-finite values show up in the metrics
            chunk = function(batches[done : done + size])
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
        raise DivergenceError(f"the loss is not finite at update {update} of epoch {epoch}")
