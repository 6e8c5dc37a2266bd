"""Training of the CNN that is killed with `kill -9` at random moments, and goes on each time.

    python -m benchmarks.resume [--kills 30] [--backends numpy,torch,keras] [--precision float32]

Every other kill waits until a checkpoint is being written. What the runs end with is compared to
the last bit with a run that was not stopped. Prints a line for each backend; ends with 1 if one
differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
OVERRIDES = (
    "data.source={mnist: {train_rows: 1000, test_rows: 100}}", "train.epochs=3",
    "optimizer={adam: 0.001}", "metrics=[accuracy, top_k_categorical_accuracy]",
    "train.validation_split=0.1", "train.checkpoint={every_steps: 3}",
)  # fmt: skip
POLL = 0.0005  # seconds


class Outcome(NamedTuple):
    """What became of the kills of a backend."""

    kills: int
    writing: int  # of them while a file was being written
    runs: int  # that came to their end
    equal: int  # of them to the bits of the whole run


class Trial:
    """Runs of the CNN on a backend, in folders under one that is removed at the end."""

    def __init__(self, backend: str, precision: str, folder: Path, seed: int) -> None:
        self.options = ["--backend", backend, "--precision", precision]
        self.folder, self.random = folder, random.Random(seed)  # noqa: S311
        self.kills = self.writing = 0

    def start(self, run: Path | None, out: Path) -> subprocess.Popen[bytes]:
        """Start a new run under `out`, or go on with one."""
        new = ["run", str(ROOT / "specs" / "cnn.yaml"), *OVERRIDES, *self.options, "-o", str(out)]
        words = new if run is None else ["resume", str(run)]
        command = [sys.executable, "-m", "nnspec", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)

    def whole(self) -> tuple[dict[str, Any], float]:
        """What a run that is not stopped ends with, and the seconds of its training."""
        out = self.folder / "whole"
        run = self._run(out)
        process = self.start(None, out)
        self._wait_for_training(process, run, None)
        began = time.perf_counter()
        process.wait()
        return self._results(run), time.perf_counter() - began

    def killed_run(self, number: int, most: int, seconds: float) -> dict[str, Any]:
        """Kill a run at random moments, at most so many times; what it ends with."""
        out = self.folder / str(number)
        run = self._run(out)
        while True:
            exists = (run / "spec.yaml").exists()
            process = self.start(run if exists else None, out)
            if self.kills < most:
                before = _checkpoint(run)
                self._wait_for_training(process, run, before)
                self._kill(process, run, self.random.uniform(0, seconds / 3))
            if process.wait() != -signal.SIGKILL:
                return self._results(run)

    def _results(self, run: Path) -> dict[str, Any]:
        """What a run has ended with; the end of the benchmark, with its output, if it has not."""
        report = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
        if report["status"] != "finished":
            raise SystemExit((self.folder / "log").read_text(encoding="utf-8"))
        return results(run, report)

    def _run(self, out: Path) -> Path:
        return out / "mnist-cnn" / "1"

    def _wait_for_training(
        self, process: subprocess.Popen[bytes], run: Path, before: object
    ) -> None:
        """Wait until a process writes its first checkpoint, or has ended."""
        while _checkpoint(run) == before and process.poll() is None:
            time.sleep(POLL)

    def _kill(self, process: subprocess.Popen[bytes], run: Path, seconds: float) -> None:
        """Kill a process after some seconds, every other time when it writes a checkpoint."""
        until = time.perf_counter() + seconds
        writes = self.kills % 2 == 1
        while process.poll() is None:
            now = time.perf_counter()
            if now >= until and (not writes or _writes(run)):
                process.kill()
                break
            if not writes or now < until:
                time.sleep(POLL)
        if process.wait() == -signal.SIGKILL:
            self.kills += 1
            self.writing += _writes(run)


def measure(backend: str, precision: str, kills: int, seed: int) -> Outcome:
    """Kill runs on a backend so many times in all, and compare what they end with."""
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(backend, precision, Path(name), seed)
        expected, seconds = trial.whole()
        ends = []
        while trial.kills < kills:
            ends.append(trial.killed_run(len(ends), kills, seconds))
        equal = sum(end == expected for end in ends)
        return Outcome(trial.kills, trial.writing, len(ends), equal)


def results(run: Path, report: dict[str, Any]) -> dict[str, Any]:
    """All that a run has computed, without times, places and the first loss of the rest."""
    for values in (report, *report["epochs"]):
        values.pop("seconds")
    del report["run"], report["preflight"]
    rows = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    weights = (run / "weights.safetensors").read_bytes()
    return {"report": report, "history": [row.rpartition(",")[0] for row in rows], "w": weights}


def _checkpoint(run: Path) -> object:
    """What tells one version of the newest checkpoint from another; None if there is none."""
    try:
        found = (run / "checkpoint" / "state.safetensors").stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _writes(run: Path) -> bool:
    """Whether there is a file of a checkpoint that is not whole."""
    return any((run / "checkpoint").glob(".*.part"))


def main() -> None:
    """Measure each backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--backends", default="numpy,torch,keras")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    differs = False
    for backend in arguments.backends.split(","):
        found = measure(backend, arguments.precision, arguments.kills, arguments.seed)
        differs |= found.equal < found.runs
        print(
            f"{backend} {arguments.precision}: {found.kills} kills, {found.writing} of them while "
            f"a checkpoint was written; {found.equal} of {found.runs} runs end with the same bits",
            flush=True,
        )
    raise SystemExit(int(differs))


if __name__ == "__main__":
    main()
