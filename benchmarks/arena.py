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
LEAD = 4  # a turn's share that comes before it, untimed


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
                times[player.contestant.key].append(_turn(player, counts[player]))
        return times


def _turn(player: Player, count: int) -> float:
    """Seconds of one step or prediction.

    Who was stopped has lost its caches, and maybe its code's pages: a lead does not count.
    """
    work = player.case.work
    player.tell(work, max(_least(player), count // LEAD))
    return player.tell(work, count) / count


def _count(player: Player, seconds: float) -> int:
    """How often the work is done in a turn of about so many seconds; warms it up."""
    work, most, count = player.case.work, _most(player.case), _least(player)
    player.tell(work, count)
    while (took := player.tell(work, count)) < seconds / 2 and count < most:
        count = min(2 * count, most)
    return min(max(round(count * seconds / took), count), most)


def _least(player: Player) -> int:
    return player.contestant.floor if player.case.work == "train" else 1


def _most(case: Case) -> int:
    """The steps of an epoch without its smaller last batch; predictions have no end."""
    if case.work == "predict":
        return 1 << 30
    rows = 60_000 if case.network in data.SHAPES else data.RANDOM_ROWS
    return rows // case.batch_size
