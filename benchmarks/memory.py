"""The most memory that a contestant's process has held, its framework and the rows included.

Training: the CNN with all 60,000 rows placed, for 100 steps, or an epoch where training is one
call. Prediction: 10,000 rows. Every round is a new process.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import data
from benchmarks.contestants import Contestant
from benchmarks.player import Case, Player
from benchmarks.statistics import Times

STEPS, EPOCH = 100, 937


def measure(case: Case, field: list[Contestant], folder: Path, rounds: int) -> Times:
    """Bytes: for each contestant, one number a round."""
    data.write(case.network, folder)
    times: Times = {contestant.key: [] for contestant in field}
    for _ in range(rounds):
        for contestant in field:
            with Player(contestant, case, folder) as player:
                player.tell(case.work, _count(case, contestant))
                times[contestant.key].append(player.tell("peak"))
    return times


def _count(case: Case, contestant: Contestant) -> int:
    if case.work == "predict":
        return 1
    return STEPS if contestant.floor == 1 else EPOCH
