"""The one training loop: epochs, shuffling, batches, validation, and stopping in good order."""

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
_CHUNK_SECONDS = 0.1  # between two looks at the clock, the keyboard and the progress bar


class Epoch(NamedTuple):
    """What an epoch gave: means over its rows, as they were before each update."""

    epoch: int  # from 1
    figures: dict[str, float]
    seconds: float
    validation: dict[str, float] | None = None

    def plain(self) -> dict[str, Any]:
        """An item of `epochs` in `run --json`."""
        values: dict[str, Any] = {"epoch": self.epoch, **self.figures, "seconds": self.seconds}
        return values if self.validation is None else {**values, "validation": self.validation}


class Progress(NamedTuple):
    """Where training stands within an epoch, for who watches it."""

    epoch: int  # from 1
    batch: int  # done
    batches: int
    figures: dict[str, float]


ProgressCallback = Callable[[Progress], None]
ShouldStop = Callable[[], bool]
BatchFunction = Callable[[Sequence[Indices]], BatchMetrics]


class Interrupted(Exception):  # noqa: N818  (nothing went wrong)
    """Training was asked to stop; the program holds the weights after its last update."""


class Diverged(Exception):  # noqa: N818  (the spec's mistake; who knows the spec says where)
    """The loss or a weight is no longer a finite number."""


def epochs(
    program: Program, train: Rows, setup: TrainOptions, watch: ProgressCallback, stop: ShouldStop,
    validation: Rows | None = None, done: int = 0,
) -> Iterator[Epoch]:  # fmt: skip
    """Train, and give each epoch when it is done; `done` epochs were done before.

    A program that has the weights and the state of another goes on exactly where that stopped.

    Raises Interrupted where `stop` says so between two chunks of updates, and Diverged where
    the loss is no longer a finite number.
    """
    device_rows = program.upload(train.inputs, train.targets)
    checked = validation and _EvaluationRows(program, validation)
    for epoch in range(done + 1, setup.epochs + 1):
        started = time.perf_counter()
        batches = epoch_batches(train.rows, setup, epoch)
        figures = _epoch(program, device_rows, batches, epoch, watch, stop)
        seconds = time.perf_counter() - started
        yield Epoch(epoch, figures.means, seconds, checked.figures(stop) if checked else None)


def epoch_batches(rows: int, setup: TrainOptions, epoch: int) -> list[Indices]:
    """The row numbers of each batch of an epoch; the last batch may be smaller."""
    size = rows if setup.batch_size == "all" else setup.batch_size
    order = np.arange(rows)
    if setup.shuffle:
        order = philox.permutation(rows, setup.seed, "shuffle", epoch)
    return [order[start : start + size] for start in range(0, rows, size)]


def never() -> bool:
    """The `stop` of what is not to be stopped."""
    return False


def evaluate(program: Program, table: Rows, stop: ShouldStop = never) -> dict[str, float]:
    """The loss and the metrics over all rows of a table. Raises Interrupted as `epochs` does."""
    return _EvaluationRows(program, table).figures(stop)


class _EvaluationRows:
    """A table that is evaluated, put where the program computes once."""

    def __init__(self, program: Program, table: Rows) -> None:
        self.program = program
        self.rows = program.upload(table.inputs, table.targets)
        self.batches = batches_of(table.rows, EVALUATION_ROWS)

    def figures(self, stop: ShouldStop) -> dict[str, float]:
        work = partial(self.program.evaluate, self.rows)
        return BatchMetrics.join(list(_chunks(work, self.batches, stop))).means


def _epoch(
    program: Program,
    device_rows: Any,
    batches: list[Indices],
    epoch: int,
    watch: ProgressCallback,
    stop: ShouldStop,
) -> BatchMetrics:
    """All updates of an epoch."""
    parts: list[BatchMetrics] = []
    done = 0
    for part in _chunks(partial(program.train, device_rows), batches, stop):
        _check_divergence(part, epoch, done)
        parts.append(part)
        done += len(part.rows)
        watch(Progress(epoch, done, len(batches), BatchMetrics.join(parts).means))
    return BatchMetrics.join(parts)


def _chunks(
    work: BatchFunction, batches: Sequence[Indices], stop: ShouldStop
) -> Iterator[BatchMetrics]:
    """Work on the batches in chunks of about a tenth of a second, with a look at `stop` between."""
    done, size = 0, 1
    while done < len(batches):
        if stop():
            raise Interrupted
        started = time.perf_counter()
        with np.errstate(all="ignore"):  # what is not finite is found in the figures
            part = work(batches[done : done + size])
        yield part
        done += size
        size = _next_size(size, time.perf_counter() - started)


def _next_size(size: int, seconds: float) -> int:
    """How many batches take about a chunk's time, judged by the last chunk."""
    return max(1, min(2 * size, int(size * _CHUNK_SECONDS / max(seconds, 1e-6))))


def _check_divergence(figures: BatchMetrics, epoch: int, done: int) -> None:
    bad = ~np.isfinite(figures.sums["loss"])
    if bad.any():
        update = done + int(np.argmax(bad)) + 1
        raise Diverged(f"the loss is not finite at update {update} of epoch {epoch}")
