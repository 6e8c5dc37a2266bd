"""Peak memory of an implementation's process, including the framework and the rows.

Training: 100 steps of the CNN with all 60,000 rows loaded, or an epoch where a call trains one.
Prediction: 10,000 rows. Every round uses a new process.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import data
from benchmarks.implementations import Implementation
from benchmarks.measured_process import Case, MeasuredProcess
from benchmarks.statistics import Times

STEPS, EPOCH = 100, 937


def measure(case: Case, implementations: list[Implementation], folder: Path, rounds: int) -> Times:
    """Bytes by implementation, one number for each round."""
    data.write(case.network, folder)
    peaks: Times = {implementation.key: [] for implementation in implementations}
    for _ in range(rounds):
        for implementation in implementations:
            with MeasuredProcess(implementation, case, folder) as process:
                process.request(case.work, _count(case, implementation))
                peaks[implementation.key].append(process.request("peak"))
    return peaks


def _count(case: Case, implementation: Implementation) -> int:
    """The number of steps or predictions."""
    if case.work == "predict":
        return 1
    return STEPS if implementation.min_steps == 1 else EPOCH
