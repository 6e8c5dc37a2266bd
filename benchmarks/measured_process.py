"""The process of one implementation, controlled by the measuring process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.implementations import Implementation

ROOT = Path(__file__).parent.parent


class Case(NamedTuple):
    """A measurement: a network, its batch size, and `train` (steps) or `predict` (10,000 rows)."""

    network: str
    batch_size: int
    work: str
    label: str


class MeasuredProcess:
    """A worker process that is stopped (SIGSTOP) between requests; `with` ends it."""

    def __init__(self, implementation: Implementation, case: Case, folder: Path) -> None:
        self.implementation, self.case = implementation, case
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in __exit__)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", implementation.module,
             implementation.option, case.network, str(case.batch_size), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env=environment(implementation), cwd=ROOT,
        )  # fmt: skip

    def __enter__(self) -> MeasuredProcess:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error:
            self.process.kill()
        self.process.send_signal(signal.SIGCONT)
        self.process.communicate()  # the process ends with its stdin
        self.errors.close()

    def request(self, method: str, count: int = 0) -> float:
        """Call a method of the worker; SystemExit with its stderr if the process died."""
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        self.process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps([method, count]), file=self.process.stdin, flush=True)
            result = float(json.loads(self.process.stdout.readline()))
        except (OSError, ValueError):
            self.errors.seek(0)
            stderr = self.errors.read()[-2000:]
            raise SystemExit(f"{self.implementation.label} stopped:\n{stderr}") from None
        self.process.send_signal(signal.SIGSTOP)
        return result


def environment(implementation: Implementation) -> dict[str, str]:
    """The environment of this process and the implementation; empty values unset a variable."""
    values = {**os.environ, **implementation.environment, "PYTHONPATH": str(ROOT)}
    return {name: value for name, value in values.items() if value}
