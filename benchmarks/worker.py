"""The process of one contestant: it does what it is told on stdin, one JSON line an order.

    ["train", 100] -> seconds of 100 steps      ["predict", 2] -> seconds of two predictions
    ["peak", 0]    -> the most bytes of memory that the process has had

What is needed for an order is read when it first comes, so a process that only predicts never
holds the training rows.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


class Worker:
    """A contestant and its rows."""

    def __init__(self, module: str, option: str, network: str, batch_size: str, folder: str):
        made = import_module(f"benchmarks.peers.{module}").Contestant
        self.contestant = made(network, int(batch_size), option)
        self.folder = Path(folder)
        self.ready: set[str] = set()

    def train(self, steps: int) -> float:
        """Seconds of so many steps."""
        if "train" not in self.ready:
            self.contestant.place(self._rows("x"), self._rows("y"))
            self.ready.add("train")
        started = time.perf_counter()
        self.contestant.train(steps)
        return time.perf_counter() - started

    def predict(self, times: int) -> float:
        """Seconds of predicting all rows so many times."""
        if "predict" not in self.ready:
            self.contestant.show(self._rows("shown"))
            self.ready.add("predict")
        started = time.perf_counter()
        for _ in range(times):
            self.contestant.predict()
        return time.perf_counter() - started

    def peak(self, _: int) -> float:
        """The most bytes of memory that this process has had at a time."""
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    def _rows(self, name: str) -> Any:
        return np.load(self.folder / f"{name}.npy")


def main() -> None:
    """Answer every order; what a library prints is no answer, so it goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(*sys.argv[1:])
    for line in sys.stdin:
        order, count = json.loads(line)
        print(json.dumps(getattr(worker, order)(count)), file=answers, flush=True)


if __name__ == "__main__":
    main()
