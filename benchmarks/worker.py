"""The worker process of one implementation: serves requests on stdin, one JSON line each.

    ["train", 100] -> seconds of 100 steps      ["predict", 2] -> seconds of two predictions
    ["peak", 0]    -> peak memory of the process in bytes

Rows are read on the first request that needs them, so that a process that only predicts never holds
the training rows.
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
    """An implementation, and the methods that requests call."""

    def __init__(self, module: str, option: str, network: str, batch_size: str, folder: str):
        peer_class = import_module(f"benchmarks.peers.{module}").Peer
        self.peer = peer_class(network, int(batch_size), option)
        self.folder = Path(folder)
        self.ready: set[str] = set()

    def train(self, steps: int) -> float:
        """Seconds of a number of training steps."""
        if "train" not in self.ready:
            self.peer.load_training(self._rows("x"), self._rows("y"))
            self.ready.add("train")
        started = time.perf_counter()
        self.peer.train(steps)
        return time.perf_counter() - started

    def predict(self, times: int) -> float:
        """Seconds of predicting all rows a number of times."""
        if "predict" not in self.ready:
            self.peer.load_inputs(self._rows("shown"))
            self.ready.add("predict")
        started = time.perf_counter()
        for _ in range(times):
            self.peer.predict()
        return time.perf_counter() - started

    def peak(self, _: int) -> float:
        """Peak resident memory of this process in bytes."""
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    def _rows(self, name: str) -> Any:
        return np.load(self.folder / f"{name}.npy")


def main() -> None:
    """Serve requests; stdout is redirected to stderr, so that libraries cannot write to results."""
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(*sys.argv[1:])
    for line in sys.stdin:
        method, count = json.loads(line)
        print(json.dumps(getattr(worker, method)(count)), file=results, flush=True)


if __name__ == "__main__":
    main()
