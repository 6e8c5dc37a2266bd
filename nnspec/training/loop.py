"""The one training loop: epochs, shuffling, batches, validation, and stopping in good order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from nnspec import randomness
from nnspec.backends.base import Figures, Indices, Program, batches_of
from nnspec.data.sources import Table
from nnspec.errors import Problem, SpecError
from nnspec.spec import Train

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


Watch = Callable[[Progress], None]
Stop = Callable[[], bool]


class Interrupted(Exception):  # noqa: N818  (nothing went wrong)
    """Training was asked to stop; the program holds the weights after its last update."""


def epochs(
    program: Program, train: Table, recipe: Train, watch: Watch, stop: Stop,
    validation: Table | None = None,
) -> Iterator[Epoch]:  # fmt: skip
    """Train, and give each epoch when it is done.

    Raises Interrupted where `stop` says so between two chunks of updates, and SpecError where
    the loss is no longer a finite number.
    """
    placed = program.place(train.inputs, train.targets)
    checked = validation and _Placed(program, validation)
    for epoch in range(1, recipe.epochs + 1):
        started = time.perf_counter()
        batches = epoch_batches(train.rows, recipe, epoch)
        figures = _epoch(program, placed, batches, epoch, watch, stop)
        seconds = time.perf_counter() - started
        yield Epoch(epoch, figures.means, seconds, checked.figures() if checked else None)


def epoch_batches(rows: int, recipe: Train, epoch: int) -> list[Indices]:
    """The row numbers of each batch of an epoch; the last batch may be smaller."""
    size = rows if recipe.batch_size == "all" else recipe.batch_size
    order = np.arange(rows)
    if recipe.shuffle:
        order = randomness.order(rows, recipe.seed, "shuffle", epoch)
    return [order[start : start + size] for start in range(0, rows, size)]


def evaluate(program: Program, table: Table) -> dict[str, float]:
    """The loss and the metrics over all rows of a table."""
    return _Placed(program, table).figures()


class _Placed:
    """A table that is evaluated, put where the program computes once."""

    def __init__(self, program: Program, table: Table) -> None:
        self.program = program
        self.rows = program.place(table.inputs, table.targets)
        self.batches = batches_of(table.rows, EVALUATION_ROWS)

    def figures(self) -> dict[str, float]:
        return self.program.evaluate(self.rows, self.batches).means


def _epoch(
    program: Program, placed: Any, batches: list[Indices], epoch: int, watch: Watch, stop: Stop
) -> Figures:
    """All updates of an epoch, in chunks of about a tenth of a second."""
    parts: list[Figures] = []
    done, size = 0, 1
    while done < len(batches):
        if stop():
            raise Interrupted
        started = time.perf_counter()
        parts.append(program.train(placed, batches[done : done + size]))
        _refuse_divergence(parts[-1], epoch, done)
        done += len(parts[-1].rows)
        watch(Progress(epoch, done, len(batches), Figures.join(parts).means))
        size = _next_size(size, time.perf_counter() - started)
    return Figures.join(parts)


def _next_size(size: int, seconds: float) -> int:
    """How many updates take about a chunk's time, judged by the last chunk."""
    return max(1, min(2 * size, int(size * _CHUNK_SECONDS / max(seconds, 1e-6))))


def _refuse_divergence(figures: Figures, epoch: int, done: int) -> None:
    bad = ~np.isfinite(figures.sums["loss"])
    if bad.any():
        update = done + int(np.argmax(bad)) + 1
        message = f"training diverged: the loss is not finite at update {update} of epoch {epoch}"
        raise SpecError(Problem(message, hint="lower the learning rate", code="diverged"))
