"""A contestant's process, seen from the process that lets them take turns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants import Contestant

ROOT = Path(__file__).parent.parent


class Case(NamedTuple):
    """What is measured: a network, its batch size, and `train` (steps) or `predict` (10,000)."""

    network: str
    batch_size: int
    work: str
    label: str


class Player:
    """A process that is stopped between its turns, threads and all; `with` ends it."""

    def __init__(self, contestant: Contestant, case: Case, folder: Path) -> None:
        self.contestant, self.case = contestant, case
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed with the player)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", contestant.module, contestant.option,
             case.network, str(case.batch_size), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env=environment(contestant), cwd=ROOT,
        )  # fmt: skip

    def __enter__(self) -> Player:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error:
            self.process.kill()
        self.process.send_signal(signal.SIGCONT)
        self.process.communicate()  # the end of its orders is the end of the process
        self.errors.close()

    def tell(self, order: str, count: int = 0) -> float:
        """The answer to an order; what the process wrote, where it died of it."""
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        self.process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps([order, count]), file=self.process.stdin, flush=True)
            answer = float(json.loads(self.process.stdout.readline()))
        except (OSError, ValueError):
            self.errors.seek(0)
            written = self.errors.read()[-2000:]
            raise SystemExit(f"{self.contestant.label} stopped:\n{written}") from None
        self.process.send_signal(signal.SIGSTOP)
        return answer


def environment(contestant: Contestant) -> dict[str, str]:
    """That of this process, with the contestant's own; an empty value is one that is not set."""
    values = {**os.environ, **contestant.environment, "PYTHONPATH": str(ROOT)}
    return {name: value for name, value in values.items() if value}
