"""Interleaved timing: one process computes at a time, in a random order each round."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import data
from benchmarks.implementations import Implementation
from benchmarks.measured_process import Case, MeasuredProcess
from benchmarks.statistics import Times

PAUSE = 0.05  # seconds between two turns
WARM_UP = 4  # before each turn 1 / WARM_UP of its work is done untimed


def measure(
    case: Case, implementations: list[Implementation], folder: Path, rounds: int, seconds: float
) -> Times:
    """Seconds per step or prediction: for each implementation, one number for each round."""
    data.write(case.network, folder)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(MeasuredProcess(implementation, case, folder))
            for implementation in implementations
        ]
        counts = {process: _count(process, seconds) for process in processes}
        times: Times = {implementation.key: [] for implementation in implementations}
        order = random.Random(0)  # noqa: S311  (the same in every run)
        for _ in range(rounds):
            for process in order.sample(processes, len(processes)):
                time.sleep(PAUSE)
                times[process.implementation.key].append(_turn(process, counts[process]))
        return times


def _turn(process: MeasuredProcess, count: int) -> float:
    """Seconds per step or prediction.

    A process that was stopped has cold caches, and maybe evicted pages, hence the warm-up.
    """
    work = process.case.work
    process.request(work, max(_min_count(process), count // WARM_UP))
    return process.request(work, count) / count


def _count(process: MeasuredProcess, seconds: float) -> int:
    """The number of steps or predictions that take about `seconds`; warms the process up."""
    work, limit, count = process.case.work, _max_count(process.case), _min_count(process)
    process.request(work, count)
    while (took := process.request(work, count)) < seconds / 2 and count < limit:
        count = min(2 * count, limit)
    return min(max(round(count * seconds / took), count), limit)


def _min_count(process: MeasuredProcess) -> int:
    """The smallest number of steps or predictions in one call."""
    return process.implementation.min_steps if process.case.work == "train" else 1


def _max_count(case: Case) -> int:
    """The largest number: an epoch without its smaller last batch; unlimited for predictions."""
    if case.work == "predict":
        return 1 << 30
    rows = 60_000 if case.network in data.SHAPES else data.RANDOM_ROWS
    return rows // case.batch_size
