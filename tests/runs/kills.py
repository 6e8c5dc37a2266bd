"""Faults at chosen moments of a run: as by kill -9, nothing of the process runs after one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from safetensors.numpy import load

from nnspec.runs import atomic_files
from nnspec.runs.listener import RunListener


class Killed(BaseException):
    """Stands for the end of the process: no handler of errors catches it."""


class Faults(RunListener):
    """Counts chunk borders and writes, and ends the process at one of them.

    A file that is being written is left half-written. After the end no file can be changed, so
    that what cleans up leaves all as it is.
    """

    def __init__(self, monkeypatch, at: int | None = None) -> None:
        self.at, self.count = at, 0
        monkeypatch.setattr(atomic_files, "_write_and_sync", self._write)
        for name in ("replace", "unlink", "hardlink_to"):
            self._guard(monkeypatch, Path, name)
        self._guard(monkeypatch, os, "fsync")

    def should_stop(self) -> bool:
        self.step()
        return False

    def step(self) -> None:
        """One more moment; the end if it is the chosen one, or if that has been."""
        self.count += 1
        if self.at is not None and self.count >= self.at:
            raise Killed

    def _guard(self, monkeypatch, owner, name) -> None:
        original = getattr(owner, name)

        def guarded(*arguments, **options):
            self.step()
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, guarded)

    def _write(self, path, chunks) -> None:
        content = b"".join(map(bytes, chunks))
        self.step()
        path.write_bytes(content[: len(content) // 2])
        self.step()
        path.write_bytes(content)
        self.step()


def results(run: Path) -> dict[str, object]:
    """All that a run has computed, to the last bit: without times, place and first loss."""
    report = json.loads((run / "metrics.json").read_text())
    for name in ("run", "seconds", "preflight"):
        del report[name]
    for epoch in report["epochs"]:
        del epoch["seconds"]
    rows = (run / "history.csv").read_text().splitlines()
    return {
        "weights": (run / "weights.safetensors").read_bytes(),
        "history": [row.rpartition(",")[0] for row in rows],
        "report": report,
        "best": {path.name: path.read_bytes() for path in run.glob("best.*")},
        "kept": sorted(path.name for path in (run / "checkpoint").glob("step-*")),
        "optimizer": {
            name: array.tobytes()
            for name, array in load((run / "checkpoint" / "state.safetensors").read_bytes()).items()
            if name.startswith(("weights/", "slots/"))
        },
    }
