"""Contestants take turns: only one computes at a time, in another order each round."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import data
from benchmarks.contestants import Contestant
from benchmarks.player import Case, Player
from benchmarks.statistics import Times

PAUSE = 0.05  # seconds between two turns


def measure(
    case: Case, field: list[Contestant], folder: Path, rounds: int, seconds: float
) -> Times:
    """Seconds of one step, or of one prediction: for each contestant, one number a round."""
    data.write(case.network, folder)
    with ExitStack() as open_players:
        players = [
            open_players.enter_context(Player(contestant, case, folder)) for contestant in field
        ]
        counts = {player: _count(player, seconds) for player in players}
        times: Times = {contestant.key: [] for contestant in field}
        order = random.Random(0)  # noqa: S311  (the same in every run)
        for _ in range(rounds):
            for player in order.sample(players, len(players)):
                time.sleep(PAUSE)
                done = player.tell(case.work, counts[player]) / counts[player]
                times[player.contestant.key].append(done)
        return times


def _count(player: Player, seconds: float) -> int:
    """How often the work is done in a turn of about so many seconds; warms it up."""
    work, most = player.case.work, _most(player.case)
    count = player.contestant.floor if work == "train" else 1
    player.tell(work, count)
    while (took := player.tell(work, count)) < seconds / 2 and count < most:
        count = min(2 * count, most)
    return min(max(round(count * seconds / took), count), most)


def _most(case: Case) -> int:
    """The steps of an epoch without its smaller last batch; predictions have no end."""
    if case.work == "predict":
        return 1 << 30
    rows = 60_000 if case.network in data.SHAPES else data.RANDOM_ROWS
    return rows // case.batch_size
