"""Refuse hostile texts one after the other; print the cost and the length of each message.

`python -m tests.refused_texts MODULE`; the module has the texts, `HOSTILE`, and `refuse`, which
gives the message that refuses a text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

_STATUS = Path("/proc/self/status")


class Refusal(NamedTuple):
    """What it costs to refuse a text, and how long the message is."""

    seconds: float  # of CPU
    lines: int
    characters: int


def refusals_of(module: str) -> tuple[dict[str, Refusal], int]:
    """The refusal of each text of a module, in one process of its own, and the MB it took."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.refused_texts", module],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.stderr == ""
    found = json.loads(done.stdout)
    return {name: Refusal(*values) for name, values in found["texts"].items()}, found["peak"]


def _refused(refuse: Callable[[str], str], text: str) -> Refusal:
    begin = time.process_time()
    message = refuse(text)
    return Refusal(time.process_time() - begin, len(message.splitlines()), len(message))


def _peak() -> int:
    """In MB, 0 where Linux does not tell; `getrusage` counts the process that started this one."""
    lines = _STATUS.read_text().splitlines() if _STATUS.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def _main(module: str) -> None:
    texts = import_module(module)
    texts.refuse("network: {layers: [repeat]}")  # imports what is needed
    before = _peak()
    found = {name: _refused(texts.refuse, make()) for name, make in texts.HOSTILE.items()}
    print(json.dumps({"texts": found, "peak": _peak() - before}))


if __name__ == "__main__":
    _main(sys.argv[1])
